// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from '@jest/globals';
import { DomainError } from '@tutela/chaincode/domain';
import { entriesOf } from '../ledger/chain.js';
import { peerRoutes } from '../server/routes.js';
import { Scene } from '../testing/scene.js';
import { TRAFFIC_INTERVAL_MS } from './heart.js';

const SECOND_MS = 1_000;
let scene: Scene;
afterEach(() => scene.end());

/** How many heartbeats of the first hospital's custodian the ledger has. */
function beats(): number {
  const { blocks } = scene.consortium.channel;
  const entries = blocks.flatMap((block) => entriesOf(block));
  return entries.filter(({ act, actor }) => act === 'heartbeat' && actor.mspId === 'AlderMSP').length;
}

/** Hospitals demand a heartbeat every second, for so many seconds; how many more there are then. */
async function demand(seconds: number, ...by: readonly string[]): Promise<number> {
  const { url } = scene.consortium.at(0);
  const before = beats();
  for (let second = 0; second < seconds; second += 1) {
    for (const as of by)
      await scene.consortium.network.request('POST', `${url}/v1/heartbeat`, { body: {}, as });
    await scene.consortium.custodian(0).heart.settled();
    scene.world.ledger.advance(SECOND_MS);
  }
  return beats() - before;
}

describe('heartbeats that others ask for', () => {
  test('attack 44: one hospital cannot have more of them than the traffic brings, another still gets its own', async () => {
    scene = await Scene.begin();
    scene.world.ledger.advance(TRAFFIC_INTERVAL_MS);
    expect(await demand(60, 'CedarMSP')).toBe(3);
    expect(await demand(6, 'BirchMSP')).toBe(1);
  });

  test('attack 44: who is no member has none', async () => {
    scene = await Scene.begin();
    scene.world.ledger.advance(TRAFFIC_INTERVAL_MS);
    const before = beats();
    const custodian = scene.consortium.custodian(0);
    const route = peerRoutes(custodian).find(({ pattern }) => pattern.test('/v1/heartbeat'));
    const hospital = () => Promise.reject(new DomainError('CALLER_UNKNOWN', 'no member'));
    const query = new URLSearchParams();
    const { signal: left } = new AbortController();
    const asked = async () => route?.handle({ parameters: [], query, headers: {}, hospital, left, body: {} });
    await expect(asked()).rejects.toMatchObject({ code: 'CALLER_UNKNOWN' });
    await custodian.heart.settled();
    expect(beats()).toBe(before);
  });
});
