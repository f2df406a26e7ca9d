// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { MspId, RecordId } from '@tutela/chaincode/domain';
import { partDag } from '@tutela/ipfs-cluster';
import { withOtherCodec } from '@tutela/ipfs-cluster/testing';
import { inBatches } from '../storage/storage.js';
import { longestTurn, setScene, type Scene, type TestGateway } from '../testing/index.js';
import { ContentIndex } from './content-index.js';
import { createCopies } from './create-copies.js';
import { dropUnreferenced, listUnreferenced, type UnreferencedDeps } from './drop-unreferenced.js';
import { PartJournal } from './part-journal.js';
import { UnreferencedJournal } from './unreferenced-journal.js';

const CEDAR = 'CedarMSP' as MspId;
const HOUR_MS = 3_600_000;
/** For so many milliseconds of the processor work may keep the event loop from others. */
const MOST_MS = 200;
const PIECE = 1_000;
const DIGITS = 'abcdefghijklmnopqrstuvwxyz234567';
const { signal } = new AbortController();
const { cid: SOME_CID } = partDag(Buffer.from('a block'));

let scene: Scene;
let birch: TestGateway;

beforeEach(async () => {
  scene = await setScene();
  birch = scene.consortium.gateway(1);
});

function later(ms: number): void {
  scene.consortium.world.ledger.advance(ms);
}

/** A hospital's node that has these blocks without a pin; what it is asked to remove is noted, and goes. */
function withBlocks(blocks: Set<string>, removed: string[] = []): UnreferencedDeps {
  const { deps } = birch;
  const storage = {
    ...deps.storage,
    holdings: () => Promise.resolve({ held: [], entered: [], orphans: inBatches([...blocks], PIECE) }),
    removeBlocks: (going: readonly string[]) => {
      removed.push(...going);
      return Promise.resolve(going.filter((block) => blocks.delete(block)));
    },
  };
  return { ...deps, storage, parts: new PartJournal(deps.state), content: new ContentIndex(deps.state) };
}

/** The identifier of a block, made at little cost. */
function blockOf(number: number): string {
  const digest = createHash('sha256').update(String(number)).digest();
  const digits = Array.from({ length: 20 }, (_, index) => DIGITS.charAt((digest[index] ?? 0) & 31));
  return `${SOME_CID.slice(0, 20)}${digits.join('')}${SOME_CID.slice(40)}`;
}

describe('blocks without a pin and without end', () => {
  test('attack 44: a copy that did not come whole takes its place until all that came of it is gone', async () => {
    const { cid } = partDag(Buffer.from('does not come whole'));
    // A node lists a block that names others as one that names none.
    const blocks = new Set([withOtherCodec(cid)]);
    const deps = withBlocks(blocks);
    const copies = createCopies(deps, 1);
    const ask = (text: string) => copies.keep(CEDAR, partDag(Buffer.from(text)).cid, signal);
    await expect(ask('does not come whole')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    for (const minutes of [2, 60]) {
      later(minutes * 60_000);
      await dropUnreferenced(deps, true);
      await expect(ask('another')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    }
    blocks.clear();
    await dropUnreferenced(deps, true);
    await expect(ask('another')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('attack 44: of a copy that does not come whole blocks stay only where a record names it, for repair', async () => {
    const deps = withBlocks(new Set());
    const asked: unknown[] = [];
    const hold: UnreferencedDeps['storage']['hold'] = (cid, _, __, stays) => {
      asked.push([cid, stays?.()]);
      return Promise.resolve();
    };
    const copies = createCopies({ ...deps, storage: { ...deps.storage, hold } });
    const [named, other] = ['named', 'not named'].map((text) => partDag(Buffer.from(text)).cid);
    const version = { recordId: 'names it' as RecordId, version: 1, author: CEDAR };
    await deps.content.note({ ...version, cids: [named ?? ''] }, 1);
    for (const cid of [named, other]) await copies.keep(CEDAR, cid ?? '', signal);
    expect(asked).toEqual([
      [named, true],
      [other, false],
    ]);
  });

  test('attack 44: a round with a hundred thousand blocks without a pin keeps the gateway from no other work, and removes the oldest', async () => {
    const [first, second] = [0, 1].map((half) =>
      Array.from({ length: 50_000 }, (_, number) => blockOf(2 * number + half)),
    );
    const [blocks, removed] = [new Set(second), [] as string[]];
    const deps = withBlocks(blocks, removed);
    await listUnreferenced(deps);
    later(HOUR_MS);
    for (const block of first ?? []) blocks.add(block);
    const turns = [await longestTurn(() => dropUnreferenced(deps, true))];
    later(73 * HOUR_MS);
    turns.push(await longestTurn(() => dropUnreferenced(deps, true)));
    expect(Math.max(...turns)).toBeLessThan(MOST_MS);
    expect(removed.length).toBeGreaterThan(0);
    expect(removed.filter((block) => second?.includes(block) !== true)).toEqual([]);
  });

  test('attack 44: blocks are noted while the list of them goes on, and a list that fails forgets none', async () => {
    const [some, others] = [
      [blockOf(1), blockOf(2)],
      [blockOf(3), blockOf(4)],
    ];
    const blocks = new Set(some);
    const deps = withBlocks(blocks);
    const journal = new UnreferencedJournal(deps.state);
    const noted = async (): Promise<readonly string[]> => {
      const found: string[] = [];
      for await (const piece of journal.pieces()) found.push(...piece.map(({ cid }) => cid));
      return found;
    };
    await listUnreferenced(deps);
    const orphans = async function* () {
      yield others;
      yield Array.from({ length: PIECE }, (_, number) => blockOf(10 + number));
      expect(await noted()).toEqual(expect.arrayContaining(others));
      throw new Error('the node is gone');
    };
    const cut = {
      ...deps.storage,
      holdings: () => Promise.resolve({ held: [], entered: [], orphans: orphans() }),
    };
    await expect(listUnreferenced({ ...deps, storage: cut })).rejects.toThrow('the node is gone');
    expect(await noted()).toEqual(expect.arrayContaining(some));
    await listUnreferenced(deps);
    expect(new Set(await noted())).toEqual(blocks);
  });
});
