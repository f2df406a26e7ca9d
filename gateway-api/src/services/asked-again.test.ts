// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import { KEEP_COPIES_MS, type MspId } from '@tutela/chaincode/domain';
import { setScene, type Scene, type TestGateway } from '../testing/index.js';
import { ContentIndex } from './content-index.js';
import { CopyJournal } from './copy-journal.js';
import { createCopies } from './create-copies.js';
import { PartJournal } from './part-journal.js';

const ALDER = 'AlderMSP' as MspId;
const CEDAR = 'CedarMSP' as MspId;
const { signal } = new AbortController();

let scene: Scene;
let birch: TestGateway;
let copies: ReturnType<typeof createCopies>;
let cid: string;

beforeEach(async () => {
  scene = await setScene();
  birch = scene.consortium.gateway(1);
  const { state } = birch.deps;
  copies = createCopies({ ...birch.deps, parts: new PartJournal(state), content: new ContentIndex(state) });
  ({ cid } = await scene.alder.deps.storage.add(Buffer.from('a part')));
});

function later(ms: number): void {
  scene.consortium.world.ledger.advance(ms);
}

describe('copies that a hospital asks for again', () => {
  test('attack 31: a copy that is asked for again is not read whole for the answer, and is noted once a minute', async () => {
    const { storage, state } = birch.deps;
    const { pinned } = scene.consortium.swarm.diskOf(birch.mspId);
    let held = 0;
    const hold = storage.hold.bind(storage);
    storage.hold = (...given) => {
      held += 1;
      return hold(...given);
    };
    const changes = () => Number(state.prepare('SELECT total_changes() AS changes').get()?.['changes']);
    await copies.keep(CEDAR, cid, signal);
    const before = changes();
    for (let time = 0; time < 5; time += 1) await copies.keep(CEDAR, cid, signal);
    expect([held, changes() - before]).toEqual([1, 0]);
    later(61_000);
    await copies.keep(CEDAR, cid, signal);
    expect([held, changes() > before]).toEqual([1, true]);
    pinned.delete(cid);
    await copies.keep(CEDAR, cid, signal);
    expect([held, [...pinned]]).toEqual([2, [cid]]);
  });

  test('stay noted while they are made, also when they were noted nearly a minute before', async () => {
    scene.consortium.swarm.absent.add(ALDER);
    const leaving = new AbortController();
    const first = copies.keep(CEDAR, cid, leaving.signal);
    leaving.abort();
    await expect(first).rejects.toThrow();
    later(59_000);
    const again = copies.keep(CEDAR, cid, signal);
    later(KEEP_COPIES_MS);
    await birch.reconcile();
    expect(new CopyJournal(birch.deps.state).of(cid)).toHaveLength(1);
    scene.consortium.swarm.absent.clear();
    await again;
  });
});
