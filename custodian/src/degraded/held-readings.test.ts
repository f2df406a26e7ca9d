// SPDX-License-Identifier: Apache-2.0
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DegradedScene } from '../testing/degraded-scene.js';
import { liveReadings } from '../testing/live-readings.js';
import { EXAMINATIONS } from './degraded-service.js';

const REQUESTS = 200;
const READING = 'degraded:GetContext';
/** Long enough for all requests to come to where they wait. */
const SOON_MS = 1_000;
let scene: DegradedScene;

beforeAll(async () => {
  scene = await DegradedScene.begin();
  await scene.vote('on', 0, 1);
  await scene.stall();
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => scene.end());

const repeated = <T>(act: () => Promise<T>): readonly Promise<T>[] => Array.from({ length: REQUESTS }, act);

describe('§15.22 what is read for very many requests of one hospital', () => {
  test('attack 44: requests that wait for the ledger hold no reading of records', async () => {
    const request = scene.request();
    const answer = Promise.withResolvers<boolean>();
    jest.spyOn(scene.consortium.custodian(0).freshness, 'isStalledFor').mockReturnValue(answer.promise);
    const held = liveReadings(scene.consortium.at(0).peer, READING);
    const asked = Promise.allSettled(repeated(() => scene.acknowledge(0, request)));
    await setTimeout(SOON_MS);
    const whileTheyWait = held();
    answer.resolve(false);
    await asked;
    expect(whileTheyWait).toBe(0);
  });

  test('attack 44: releases that wait to be written down hold a few readings of records at most', async () => {
    const request = scene.request();
    const words = [await scene.acknowledge(0, request), await scene.acknowledge(2, request)];
    const { journal } = scene.consortium.custodian(0);
    const append = journal.append.bind(journal);
    const written = Promise.withResolvers<undefined>();
    jest.spyOn(journal, 'append').mockImplementation(async (facts) => {
      await written.promise;
      return append(facts);
    });
    const held = liveReadings(scene.consortium.at(0).peer, READING);
    const asked = repeated(() => scene.release(0, request, words));
    let most = 0;
    for (let sample = 0; sample < 10; sample += 1) {
      await setTimeout(SOON_MS / 10);
      most = Math.max(most, held());
    }
    written.resolve(undefined);
    for (const { replies } of await Promise.all(asked)) expect(replies).toHaveLength(1);
    expect(most).toBeLessThanOrEqual(EXAMINATIONS.atATime);
  });
});
