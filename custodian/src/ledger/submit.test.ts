// SPDX-License-Identifier: Apache-2.0
import { CommitError, StatusCode } from '@hyperledger/fabric-gateway';
import { describe, expect, test } from '@jest/globals';
import { EndorserChoice, type MspId } from '@tutela/chaincode/domain';
import { seeded } from '@tutela/chaincode/testing';
import { encode } from '../testing/fabric-bytes.js';
import { submit, type Submission } from './submit.js';

const HOSPITALS = ['h0', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'] as readonly string[] as readonly MspId[];
const [OWN = 'h0' as MspId, ...OTHERS] = HOSPITALS;
const HOSTILE: readonly MspId[] = HOSPITALS.slice(4);
const ANSWER = Buffer.from('answer');

function surroundings(): Readonly<{ nowMs: () => number; chance: () => number }> {
  const random = seeded(8);
  return { nowMs: () => 0, chance: () => random(1_000_000) / 1_000_000 };
}

/** gateway.PreparedTransaction with so many endorsements. */
function prepared(endorsements: number): Uint8Array {
  const each = Array.from({ length: endorsements }, (): [number, string] => [2, 'endorsement']);
  const actionPayload = encode([[2, encode(each)]]);
  const transaction = encode([[1, encode([[2, actionPayload]])]]);
  return encode([[2, encode([[1, encode([[2, transaction]])]])]]);
}

/** Seven hospitals of which four must endorse; `chosen` is whom the own peer asks when none is named. */
function scene(chosen: () => readonly MspId[], away: readonly MspId[] = []) {
  const asked: (readonly MspId[])[] = [];
  const submission: Submission = {
    own: OWN,
    others: () => Promise.resolve(OTHERS),
    choice: new EndorserChoice(surroundings()),
    endorse: (named) => {
      const by = named ?? [OWN, ...chosen()];
      asked.push(by);
      if (by.some((one) => away.includes(one))) return Promise.reject(new Error('no connection'));
      const code = by.some((one) => HOSTILE.includes(one))
        ? StatusCode.ENDORSEMENT_POLICY_FAILURE
        : StatusCode.VALID;
      const status = { code, successful: code === StatusCode.VALID, transactionId: 't', blockNumber: 1n };
      return Promise.resolve({
        getBytes: () => prepared(by.length),
        getResult: () => ANSWER,
        submit: () => Promise.resolve({ getStatus: () => Promise.resolve(status) }),
      });
    },
  };
  return { submission, asked };
}

describe('attack 44: hospitals that endorse with a false signature', () => {
  test('cost a custodian some tries once, and later ones none', async () => {
    const { submission, asked } = scene(() => HOSTILE);
    for (let tries = 0; tries < 3; tries += 1) await submit(submission).catch(() => undefined);
    const before = asked.length;
    for (let more = 0; more < 20; more += 1) expect(await submit(submission)).toEqual(ANSWER);
    expect(asked).toHaveLength(before + 20);
    expect(before).toBeLessThan(60);
  });

  test('leave the choice to the peer again when a hospital that endorsed well is away', async () => {
    const good = HOSPITALS.slice(1, 4);
    const { submission, asked } = scene(() => good, HOSPITALS.slice(1, 2));
    submission.choice.learn(4, good, true);
    await expect(submit(submission)).rejects.toThrow('no connection');
    expect(asked).toHaveLength(2);
    expect(submission.choice.known(OTHERS)).toBeUndefined();
  });

  test('end a submission after 25 tries, with the reason', async () => {
    const { submission, asked } = scene(() => HOSTILE);
    submission.choice.learn(4, HOSPITALS.slice(1, 4), false);
    const ended = submit(submission);
    await expect(ended).rejects.toBeInstanceOf(CommitError);
    expect(asked).toHaveLength(25);
  });
});
