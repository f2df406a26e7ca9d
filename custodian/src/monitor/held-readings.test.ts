// SPDX-License-Identifier: Apache-2.0
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Intent } from '@tutela/chaincode/domain';
import { commit, endorse } from '@tutela/chaincode/testing';
import { liveReadings } from '../testing/live-readings.js';
import { Scene } from '../testing/scene.js';
import type { ReleaseAnswer } from '../release/release-service.js';
import { MAX_KEPT_SIZE, RELEASES } from './readings.js';

const INTENTS = 60;
/** What each reading has besides, in characters: so a few readings are as much as is kept. */
const SIZE = 1 << 20;
/** As many readings as may be kept, and one for each turn. */
const MOST = MAX_KEPT_SIZE / SIZE + RELEASES.atATime;
/** Long enough for all intents to be read ahead. */
const SOON_MS = 2_000;
let scene: Scene;

beforeEach(async () => {
  scene = await Scene.begin({ settings: { patienceMs: 10_000 } });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await scene.end();
});

const enlarged = (answer: object): object => ({ ...answer, more: 'x'.repeat(SIZE) });

/** The others confirm nothing, so that all wait; how many readings are held then. */
async function whileNothingIsConfirmed(
  ask: () => Promise<readonly Promise<ReleaseAnswer>[]>,
  reading: string,
): Promise<Readonly<{ held: number; released: readonly number[] }>> {
  const held = liveReadings(scene.consortium.at(0).peer, reading, enlarged);
  const { freshness } = scene.consortium.custodian(0);
  const confirm = freshness.requireConfirmed.bind(freshness);
  const [allWait, confirmed] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  let waiting = 0;
  jest.spyOn(freshness, 'requireConfirmed').mockImplementation(async (height) => {
    waiting += 1;
    if (waiting === INTENTS) allWait.resolve(undefined);
    await confirmed.promise;
    await confirm(height);
  });
  const asked = await ask();
  await Promise.race([Promise.all(asked), allWait.promise]);
  const whileTheyWait = held();
  confirmed.resolve(undefined);
  const answers = await Promise.all(asked);
  return { held: whileTheyWait, released: answers.map(({ replies }) => replies.length) };
}

const all = Array.from({ length: INTENTS }, () => 1);

describe('what is read for very many intents of one hospital', () => {
  test('attack 44: intents that wait for their blocks to be confirmed hold a few readings at most', async () => {
    const intents: Intent[] = [];
    for (let declared = 0; declared < INTENTS; declared += 1) intents.push(await scene.declare());
    const ask = () => Promise.resolve(intents.map(({ intentId }) => scene.consortium.release(0, intentId)));
    const { held, released } = await whileNothingIsConfirmed(ask, 'access:GetReleaseContext');
    expect(released).toEqual(all);
    expect(held).toBeLessThanOrEqual(MOST);
  });

  test('attack 44: intents that are read ahead hold a few readings at most while their blocks come', async () => {
    const { world, doctor, record, reader } = scene;
    const request = () => world.intentRequest(doctor, record, { sessionKey: reader.sessionKey });
    const ask = async (): Promise<readonly Promise<ReleaseAnswer>[]> => {
      const ordered = await Promise.all(
        all.map(() => endorse(world.ledger, doctor, 'access:DeclareIntent', request())),
      );
      const asked = ordered.map(({ answer }) => {
        const intent = answer as Intent;
        return scene.consortium.release(0, intent.intentId, intent);
      });
      await setTimeout(SOON_MS);
      for (const { stub } of ordered) commit(world.ledger, stub);
      return asked;
    };
    const { held, released } = await whileNothingIsConfirmed(ask, 'access:PreviewReleaseContext');
    expect(released).toEqual(all);
    expect(held).toBeLessThanOrEqual(MOST);
  });
});
