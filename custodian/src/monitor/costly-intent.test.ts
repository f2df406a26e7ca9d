// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { ReleaseContext } from '@tutela/chaincode/domain';
import { counted } from '../testing/counted.js';
import { Scene } from '../testing/scene.js';
import { piecewise, Turns } from '../turns.js';
import { findSegment, ManifestHashes } from './open-segment.js';
import { Readings, RELEASES } from './readings.js';

let scene: Scene;

/** Names of what the first custodian asks its peer, from now on. */
function questions(): readonly string[] {
  const asked: string[] = [];
  const { peer } = scene.consortium.at(0);
  const evaluate = peer.evaluate.bind(peer);
  jest.spyOn(peer, 'evaluate').mockImplementation((transaction, request) => {
    asked.push(transaction);
    return evaluate(transaction, request);
  });
  return asked;
}

describe('an intent that costs much', () => {
  afterEach(() => scene.end());

  test('attack 44: a manifest is hashed once for one reading, however many of its segments are asked for', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    const { peer } = scene.consortium.at(0);
    const context = (await peer.evaluate('access:GetReleaseContext', { intentId })) as ReleaseContext;
    const ref = context.intent.segments.find(({ decision }) => decision === 'permit');
    if (ref === undefined) throw new Error('no segment');
    let hashed = 0;
    const records = context.records.map(({ version, manifest }) => ({
      version,
      ...(manifest && { manifest: counted(manifest, 'policy', () => (hashed += 1)) }),
    }));
    const hashes = new ManifestHashes();
    for (let segment = 0; segment < 64; segment += 1) findSegment({ ...context, records }, ref, hashes);
    expect(hashed).toBe(1);
  });

  test('attack 44: an intent that is asked for again and again is read from the ledger once', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    const asked = questions();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => scene.consortium.release(0, intentId)),
    );
    for (const { replies } of answers) expect(replies).toHaveLength(1);
    // Those that began together may each have begun to read.
    expect(asked.filter((one) => one === 'access:GetReleaseContext').length).toBeLessThanOrEqual(
      RELEASES.atATime,
    );
    const before = asked.length;
    await scene.consortium.release(0, intentId);
    expect(asked.slice(before)).toEqual([]);
  });

  test('attack 15: an intent that is asked for again is decided by what a block since has changed', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    await scene.world.revoke(scene.patient, scene.consent);
    expect(await scene.codes(0, intentId)).toEqual(['NO_CONSENT', 'NO_CONSENT']);
  });

  test('a reading that lacks a manifest holds for its block alone: what has come since is read with the next', async () => {
    scene = await Scene.begin();
    const { world, record } = scene;
    const other = await world.patient(world.hospital(0));
    const stored = await world.store(scene.author, other, [{ category: 'laboratory' }]);
    const { intentId } = await scene.declare();
    world.ledger.losePrivateData(record.request.recordId);
    const asked = questions();
    expect(await scene.tryRelease(0, intentId)).toBe(0);
    expect(await scene.tryRelease(0, intentId)).toBe(0);
    expect(asked).toEqual(['access:GetReleaseContext']);
    world.ledger.reconcilePrivateData();
    // Another patient's intent changes nothing for this one.
    await world.declare(scene.doctor, stored, { sessionKey: scene.reader.sessionKey });
    expect(await scene.tryRelease(0, intentId)).toBe(1);
  });

  test('attack 20: an intent that is asked for again under a limited consent is decided by the reads since', async () => {
    scene = await Scene.begin({}, { maxReads: 5 });
    const { intentId } = await scene.declare();
    await scene.consortium.release(0, intentId);
    const asked = questions();
    await scene.consortium.release(0, intentId);
    expect(asked).toEqual([]);
    await scene.declare();
    await scene.consortium.release(0, intentId);
    expect(asked).toEqual(['access:GetReleaseContext']);
  });

  test('attack 44: a hospital with as many requests under way as it may have is refused a further one, and another is not', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    const hostile = scene.consortium.at(2).hospital.mspId;
    const ask = (): Promise<unknown> =>
      scene.consortium.release(0, `in_${'x'.repeat(22)}`, undefined, hostile);
    const waiting = Array.from({ length: RELEASES.underWay }, () => ask().catch(() => undefined));
    await expect(ask()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    await Promise.all(waiting);
    await expect(ask()).rejects.toMatchObject({ code: 'INTENT_UNCOMMITTED' });
  });
});

describe('what lacks a manifest', () => {
  const intent = { intentId: 'in_1' };
  const asContext = (context: object): ReleaseContext => ({ intent, consents: [], ...context }) as never;
  const lacking = { version: { status: 'current' } };

  /** Reads one intent of a hospital at each new block, and says how often the own peer was asked. */
  function reader(records: readonly object[]) {
    let [height, asked, now] = [0, 0, 0];
    const readings = new Readings(() => now);
    const read = () => {
      height += 1;
      return readings.read(intent.intentId, {
        heldAt: () => height,
        ask: () => {
          asked += 1;
          return Promise.resolve({ context: asContext({ records }), height });
        },
      });
    };
    return { read, asked: () => asked, pass: (ms: number) => (now += ms) };
  }

  test('attack 44: a costly intent without one of its manifests is not read again at each block', async () => {
    const segment = { parts: Array.from({ length: 1_000 }, () => ({ cid: 'x'.repeat(100) })) };
    const costly = { ...lacking, manifest: { segments: Array.from({ length: 64 }, () => segment) } };
    const { read, asked, pass } = reader([costly, lacking]);
    const first = (await read()).height;
    for (let block = 0; block < 100; block += 1) await read();
    expect(asked()).toBeLessThan(8);
    // What is held meanwhile is still so at the newest block.
    expect((await read()).height).toBe(first + 101);
    const before = asked();
    pass(60_000);
    await read();
    expect(asked()).toBe(before + 1);
  });

  test('is read again at each block where it costs little', async () => {
    const { read, asked } = reader([lacking]);
    for (let block = 0; block < 100; block += 1) await read();
    expect(asked()).toBe(100);
  });

  test('an intent that lacks none is held, and an erased version lacks none', async () => {
    const { read, asked } = reader([{ version: { status: 'erased' } }]);
    for (let block = 0; block < 100; block += 1) await read();
    expect(asked()).toBe(1);
  });
});

describe('turns', () => {
  test('attack 44: one hospital’s work is done a few pieces at a time, and others have a turn between two', async () => {
    const turns = new Turns(RELEASES);
    let [running, most, rounds] = [0, 0, 0];
    const pieces = Array.from({ length: 40 }, () =>
      turns.take(async () => {
        running += 1;
        most = Math.max(most, running);
        await Promise.resolve();
        running -= 1;
      }),
    );
    let isDone = false;
    const all = Promise.all(pieces).then(() => (isDone = true));
    for (; !(isDone as boolean); rounds += 1) await setImmediate();
    await all;
    expect([most, rounds >= 40 / RELEASES.atATime - 1]).toEqual([RELEASES.atATime, true]);
  });

  test('attack 44: work on each of very many things takes a turn for each, and another hospital’s is done meanwhile', async () => {
    const [hostile, honest] = [new Turns(RELEASES), new Turns(RELEASES)];
    const things = Array.from({ length: 100 }, (_, thing) => thing);
    let done = 0;
    const repeated = Promise.all([1, 2, 3, 4, 5].map(() => hostile.takeEach(things, () => (done += 1))));
    expect(await honest.takeEach(things.slice(0, 8), (thing) => 2 * thing)).toEqual(
      things.slice(0, 8).map((thing) => 2 * thing),
    );
    expect(done).toBeLessThanOrEqual(4 * RELEASES.atATime);
    await repeated;
    expect(done).toBe(500);
  });

  test('work that comes in pieces lets other work go on between two of them', async () => {
    const order: string[] = [];
    function* pieces(): Generator<undefined, string> {
      order.push('first');
      yield;
      order.push('second');
      return 'done';
    }
    const other = setImmediate().then(() => order.push('other'));
    expect(await piecewise(pieces())).toBe('done');
    await other;
    expect(order).toEqual(['first', 'other', 'second']);
  });

  test('work that fails passes its turn on', async () => {
    const turns = new Turns(RELEASES);
    const failing = Array.from({ length: RELEASES.atATime * 2 }, () =>
      turns.take(() => Promise.reject(new Error('as the test says'))),
    );
    expect((await Promise.allSettled(failing)).every(({ status }) => status === 'rejected')).toBe(true);
    expect(await turns.take(() => 7)).toBe(7);
  });
});
