// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { EXAMINATIONS } from './degraded-service.js';
import { DegradedScene } from '../testing/degraded-scene.js';

let scene: DegradedScene;

describe('§15.22 one hospital that asks without pause', () => {
  beforeAll(async () => {
    scene = await DegradedScene.begin();
    await scene.vote('on', 0, 1);
    await scene.stall();
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(() => scene.end());

  test('attack 44: requests with a false signature cost the own peer no question but one for the configuration', async () => {
    await scene.hear();
    const { peer } = scene.consortium.at(0);
    const [asked, configured] = [jest.spyOn(peer, 'evaluate'), jest.spyOn(peer, 'memberAuthorities')];
    const { requester, cosigner } = scene.team;
    const request = scene.request({}, { requester, cosigner });
    const forged = { ...request, cosigner: { ...request.cosigner, signature: request.requester.signature } };
    for (let count = 0; count < 20; count += 1)
      await expect(scene.acknowledge(0, forged)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    expect(asked).not.toHaveBeenCalled();
    expect(configured.mock.calls.length).toBeLessThanOrEqual(1);
  });

  test('attack 44: its requests are examined a few at a time, and none of them waits for the ledger in its turn', async () => {
    const { peer } = scene.consortium.at(0);
    let [running, most, waiting] = [0, 0, 0];
    const evaluate = peer.evaluate.bind(peer);
    jest.spyOn(peer, 'evaluate').mockImplementation(async (transaction, request) => {
      most = Math.max(most, (running += 1));
      try {
        return await evaluate(transaction, request);
      } finally {
        running -= 1;
        if (transaction === 'degraded:GetMode') waiting += 1;
      }
    });
    let end: (isStalled: boolean) => void = () => undefined;
    const answer = new Promise<boolean>((resolve) => (end = resolve));
    jest.spyOn(scene.consortium.custodian(0).freshness, 'isStalledFor').mockReturnValue(answer);
    const asking = Array.from({ length: 20 }, () => scene.acknowledge(0, scene.request()));
    while (waiting < asking.length) await setImmediate();
    end(true);
    await Promise.allSettled(asking);
    expect(most).toBeLessThanOrEqual(EXAMINATIONS.atATime);
  });
});
