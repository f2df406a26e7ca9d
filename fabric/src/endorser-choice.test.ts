// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { MspId } from '@tutela/chaincode/domain';
import { seeded } from '@tutela/chaincode/testing';
import { EndorserChoice } from './endorser-choice.js';

const hospitals = (...names: readonly string[]): readonly MspId[] => names as readonly MspId[];
/** The others of five hospitals. */
const OTHERS = hospitals('h1', 'h2', 'h3', 'h4');
const THREE = OTHERS.slice(0, 3);
const TWO = OTHERS.slice(0, 2);

/** A choice to which the own peer had chosen three others, as among seven hospitals. */
function ofThree(): EndorserChoice {
  const random = seeded(44);
  const choice = new EndorserChoice({ nowMs: () => 0, chance: () => random(1_000_000) / 1_000_000 });
  choice.endorsed(THREE, { isGood: true });
  return choice;
}

describe('attack 44: a set of endorsers that is asked by name', () => {
  test('a set by name has as many hospitals as the own peer chose last, so that refusing ones are not in every set once fewer endorse', () => {
    const valid = ofThree();
    valid.endorsed(TWO, { isGood: true });
    expect(valid.draw(OTHERS)).toHaveLength(2);
    const spoiled = ofThree();
    spoiled.spoiled(3, undefined);
    expect(spoiled.draw(OTHERS)).toHaveLength(2);
  });

  test('has as many as the own peer chose once more of them endorse, though that transaction had too few true ones', () => {
    const choice = ofThree();
    choice.endorsed(TWO, { isGood: true });
    choice.spoiled(4, undefined);
    expect(choice.draw(OTHERS)).toHaveLength(3);
  });

  test('a set by name does not change the number of hospitals that are asked: it may be larger than the present rule needs', () => {
    const choice = ofThree();
    choice.endorsed(TWO, { isGood: true });
    choice.endorsed(THREE, { isGood: true, asked: THREE });
    choice.spoiled(4, THREE);
    expect(choice.draw(OTHERS)).toHaveLength(2);
  });
});
