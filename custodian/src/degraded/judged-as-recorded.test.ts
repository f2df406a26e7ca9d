// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { degradedOpenBy } from '@tutela/chaincode/domain';
import { DegradedScene } from '../testing/degraded-scene.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
let scene: DegradedScene;

beforeAll(async () => {
  scene = await DegradedScene.begin();
  await scene.vote('on', 0, 1);
  await scene.stall();
});
afterAll(() => scene.end());

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });

describe('a custodian takes what the ledger will say the same of', () => {
  test('attack 42: a custodian refuses a clinician whose certificate has another key than the ledger has of the clinician', async () => {
    const { requester, cosigner } = scene.team;
    const renewed = (await scene.authorities[1]?.certify(cosigner)) ?? requester;
    for (const team of [
      { requester, cosigner: renewed },
      { requester: renewed, cosigner: requester },
    ])
      await refuse(scene.acknowledge(0, scene.request({}, team)), 'CALLER_UNKNOWN');
  });

  test('attack 42: a custodian that has not taken a request before refuses one that claims a time further back than the clock skew', async () => {
    const declaredAt = scene.world.at(-5 * MINUTE_MS);
    const request = scene.request({ declaredAt, timeBoxMinutes: 240 });
    const words = await scene.acknowledge(0, request);
    scene.world.ledger.advance(1);
    await refuse(scene.acknowledge(2, request), 'DEGRADED_OVERDUE');
    await expect(scene.acknowledge(0, request)).resolves.toEqual(words);
    const old = scene.request({ declaredAt: scene.world.at(-180 * MINUTE_MS), timeBoxMinutes: 240 });
    await refuse(scene.acknowledge(0, old), 'DEGRADED_OVERDUE');
  });

  test('a request that came in time is taken, however long it then waits for the ledger', async () => {
    const request = scene.request({ declaredAt: scene.world.at(0), timeBoxMinutes: 240 });
    const { freshness } = scene.consortium.custodian(2);
    const look = freshness.isStalledFor.bind(freshness);
    freshness.isStalledFor = async () => {
      freshness.isStalledFor = look;
      scene.world.ledger.advance(5 * MINUTE_MS + SECOND_MS);
      await scene.hear();
      return true;
    };
    await expect(scene.acknowledge(2, request)).resolves.toBeDefined();
    await refuse(scene.acknowledge(0, request), 'DEGRADED_OVERDUE');
  });

  test('a new request is taken until five minutes after the time in its statement, or until its time box ends if that is earlier', async () => {
    const at = async (instant: string, fromMs: number) => {
      scene.world.ledger.advance(Date.parse(instant) + fromMs - Date.parse(scene.world.at(0)));
      await scene.hear();
    };
    for (const timeBoxMinutes of [2, 240]) {
      const request = scene.request({ declaredAt: scene.world.at(0), timeBoxMinutes });
      const openBy = degradedOpenBy(request.statement);
      await at(openBy, -SECOND_MS);
      await expect(scene.acknowledge(0, request)).resolves.toBeDefined();
      await at(openBy, 1);
      const code = timeBoxMinutes === 2 ? 'EMERGENCY_EXPIRED' : 'DEGRADED_OVERDUE';
      await refuse(scene.acknowledge(2, request), code);
    }
  });
});
