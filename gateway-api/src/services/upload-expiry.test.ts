// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError, PERIOD_MS, type Month, type MspId } from '@tutela/chaincode/domain';
import { beat } from '@tutela/chaincode/testing';
import { PART_SIZE } from '@tutela/crypto';
import { memoryAttempt, type Scene, setScene } from '../testing/index.js';
import { ContentIndex } from './content-index.js';
import { CopyJournal } from './copy-journal.js';
import { createCopies } from './create-copies.js';
import { dropUnreferenced } from './drop-unreferenced.js';
import { PartJournal } from './part-journal.js';
import type { ContentFacts, StoredRecord } from './store-record.js';
import type { UploadState } from './uploads.js';

let consortium: Scene['consortium'];
let alder: Scene['alder'];
let birch: Scene['birch'];
let patient: Scene['patient'];
let author: Scene['author'];

beforeEach(async () => {
  ({ consortium, alder, birch, patient, author } = await setScene());
});

async function* bytes(content: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(content);
}

function facts(): ContentFacts {
  return {
    handle: patient.handle,
    category: 'imaging',
    class: 'standard',
    month: '2026-02' as Month,
    contentType: 'application/dicom',
  };
}

async function begin(): Promise<string> {
  return (await alder.services.uploads.begin(author, facts(), memoryAttempt())).uploadId;
}

/** Of each part of a record that the author noted, whether its node holds it. */
function heldOf({ recordId }: StoredRecord): Promise<readonly boolean[]> {
  const parts = new PartJournal(alder.deps.state).ofRecord(recordId);
  return Promise.all(parts.map(({ cid }) => alder.deps.storage.holds(cid)));
}

describe('an expiry that waits for the node while it ends one upload', () => {
  const SIZE = PART_SIZE + 1000;

  /** An act on an upload that is under way, until it is let go on. */
  type UnderWay<T> = Readonly<{ done: Promise<T>; goOn: () => void }>;

  /** Two uploads of one size, whose time runs out while `act` works on the second one. */
  async function expiring<T>(act: (uploadId: string) => Promise<UnderWay<T>>) {
    const { uploads } = alder.services;
    const [first, second] = [await begin(), await begin()];
    for (const uploadId of [first, second])
      await uploads.append(author, uploadId, 0, bytes(Buffer.alloc(SIZE)));
    const underWay = await act(second);
    consortium.world.ledger.advance(25 * 3_600_000);
    const { pass, reached, goOn } = gate();
    const { storage } = alder.deps;
    const remove = storage.remove.bind(storage);
    storage.remove = async (...asked) => {
      await pass();
      return remove(...asked);
    };
    const expired = uploads.expire();
    await reached;
    underWay.goOn();
    const done = await underWay.done;
    return { uploads, second, done, expired, goOn };
  }

  /** Waits at the first call of an act, until it is let go on. */
  function gate() {
    const [reached, released] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const goOn = () => {
      released.resolve(undefined);
    };
    const pass = async (): Promise<void> => {
      reached.resolve(undefined);
      await released.promise;
    };
    return { pass, reached: reached.promise, goOn };
  }

  async function append(uploadId: string, content: Uint8Array): Promise<UnderWay<UploadState>> {
    const { pass, reached, goOn } = gate();
    const body = (async function* () {
      await pass();
      yield content;
    })();
    const done = alder.services.uploads.append(author, uploadId, SIZE, body);
    await reached;
    return { done, goOn };
  }

  async function complete(uploadId: string): Promise<UnderWay<StoredRecord>> {
    const { pass, reached, goOn } = gate();
    const { storage } = alder.deps;
    const replicated = storage.replicated.bind(storage);
    storage.replicated = async (...asked) => {
      await pass();
      return replicated(...asked);
    };
    const done = alder.services.uploads.complete(author, uploadId, SIZE);
    await reached;
    return { done, goOn };
  }

  test('an upload past its time takes no bytes and is not registered while an expiry ends another one', async () => {
    const { uploads, second, goOn, expired } = await expiring(() =>
      Promise.resolve({ done: Promise.resolve(), goOn: () => undefined }),
    );
    const refused = { code: 'NOT_FOUND' };
    await expect(uploads.append(author, second, SIZE, bytes(Buffer.alloc(1)))).rejects.toMatchObject(refused);
    await expect(uploads.complete(author, second, SIZE)).rejects.toMatchObject(refused);
    expect(alder.deps.ledger.ordered).not.toContain('record:Register');
    goOn();
    expect(await expired).toBe(2);
    expect(consortium.swarm.entered().size).toBe(0);
  });

  test('an upload that goes on while an expiry ends another one is not given up', async () => {
    const { uploads, second, done, goOn, expired } = await expiring((uploadId) =>
      append(uploadId, Buffer.alloc(100)),
    );
    goOn();
    expect(await expired).toBe(1);
    expect(await uploads.state(author, second)).toEqual(done);
    expect(await heldOf(await uploads.complete(author, second, done.offset))).toEqual([true, true]);
  });

  test('an upload that is registered while an expiry ends another one keeps its parts', async () => {
    const { done, goOn, expired } = await expiring(complete);
    goOn();
    await expired;
    expect(await heldOf(done)).toEqual([true, true]);
  });
});

describe('giving up an upload whose registration is under way', () => {
  /** An upload near its end, whose registration is ordered and committed before the next one; no answer of it comes. */
  async function registering(): Promise<string> {
    const uploadId = await begin();
    await alder.services.uploads.append(author, uploadId, 0, bytes(Buffer.from('content')));
    consortium.world.ledger.advance(24 * 3_600_000 - 60_000);
    const error = new DomainError('COMMIT_UNKNOWN', 'the answer was lost');
    alder.deps.ledger.faults.push({ name: 'record:Register', when: 'late', error });
    await expect(alder.services.uploads.complete(author, uploadId, 7)).rejects.toBe(error);
    consortium.world.ledger.advance(120_000);
    return uploadId;
  }

  const abandon = (uploadId: string) =>
    alder.services.uploads.abandon(author, uploadId).then(
      () => 'ended',
      (error: unknown) => (error as DomainError).code,
    );
  const expire = async () => ((await alder.services.uploads.expire()) === 1 ? 'ended' : 'CONFLICT');

  test.each([
    ['abandoned', abandon],
    ['expired', expire],
  ] as const)(
    'an upload whose registration can still be committed is not %s: the answer is CONFLICT, and the record keeps its author’s copy',
    async (_end, end) => {
      const uploadId = await registering();
      expect(await end(uploadId)).toBe('CONFLICT');
      const [cid = ''] = consortium.swarm.entered();
      await alder.services.uploads.complete(author, await begin(), 0);
      const registered = consortium.channel.messages.filter(({ event }) => event.act === 'record-registered');
      expect(registered).toHaveLength(2);
      expect(await end(uploadId)).toBe('ended');
      await expect(alder.services.uploads.state(author, uploadId)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      expect(await alder.deps.storage.holds(cid)).toBe(true);
      expect(new PartJournal(alder.deps.state).unregisteredBefore(Infinity)).toEqual([]);
    },
  );

  test.each([
    ['abandoned', abandon],
    ['expired', expire],
  ] as const)('gives its parts back once that cannot be committed any more, %s', async (_end, end) => {
    const uploadId = await registering();
    consortium.world.ledger.advance(3 * PERIOD_MS);
    await beat(consortium.world, birch.hospital);
    expect(await end(uploadId)).toBe('ended');
    expect(consortium.swarm.entered().size).toBe(0);
  });

  test.each([
    ['abandoned', abandon],
    ['expired', expire],
  ] as const)(
    'an upload whose registration was ordered is not %s while the ledger or the own peer stands still, however long',
    async (_end, end) => {
      await beat(consortium.world, birch.hospital);
      const uploadId = await registering();
      const [cid = ''] = consortium.swarm.entered();
      consortium.world.ledger.advance(12 * PERIOD_MS);
      expect(await end(uploadId)).toBe('CONFLICT');
      // A leading orderer that held everything orders the registration first.
      await alder.services.uploads.complete(author, await begin(), 0);
      expect(
        consortium.channel.messages.filter(({ event }) => event.act === 'record-registered'),
      ).toHaveLength(2);
      await beat(consortium.world, birch.hospital);
      expect(await end(uploadId)).toBe('ended');
      expect(await alder.deps.storage.holds(cid)).toBe(true);
    },
  );

  test('an upload whose registration was ordered is not abandoned for a period of the own peer that began little later: its endorsers may have been ahead', async () => {
    const uploadId = await registering();
    consortium.world.ledger.advance(2 * PERIOD_MS);
    await beat(consortium.world, birch.hospital);
    expect(await abandon(uploadId)).toBe('CONFLICT');
  });
});

describe('a store whose registration is ordered and answers nothing', () => {
  const HOURS_MS = 3_600_000;

  function store(): Promise<StoredRecord> {
    const body = bytes(Buffer.from('content'));
    return alder.services.storeRecord.storeContent(author, facts(), body, memoryAttempt());
  }

  test('a store whose registration was ordered is not collected while the ledger stands still, however long, and its author keeps the copy', async () => {
    await beat(consortium.world, birch.hospital);
    const error = new DomainError('COMMIT_UNKNOWN', 'the answer was lost');
    alder.deps.ledger.faults.push({ name: 'record:Register', when: 'late', error });
    await expect(store()).rejects.toBe(error);
    const [cid = ''] = consortium.swarm.entered();
    consortium.world.ledger.advance(49 * HOURS_MS);
    expect(await alder.reconcile()).toMatchObject({ partsCollected: 0, failures: [] });
    await store();
    await beat(consortium.world, birch.hospital);
    expect(await alder.reconcile()).toMatchObject({ partsCollected: 0, failures: [] });
    expect(await alder.deps.storage.holds(cid)).toBe(true);
    expect(new PartJournal(alder.deps.state).unregisteredBefore(Infinity)).toEqual([]);
  });

  test('a store whose registration was ordered is collected once the own peer shows that it cannot be committed any more', async () => {
    const error = new DomainError('COMMIT_UNKNOWN', 'the answer was lost');
    alder.deps.ledger.faults.push({ name: 'record:Register', when: 'ordered', error });
    await expect(store()).rejects.toBe(error);
    consortium.world.ledger.advance(49 * HOURS_MS);
    await beat(consortium.world, birch.hospital);
    expect(await alder.reconcile()).toMatchObject({ partsCollected: 1, failures: [] });
    expect(consortium.swarm.entered().size).toBe(0);
  });
});

describe('a client that sends for days', () => {
  const DAYS_MS = 24 * 3_600_000;

  test('an upload is refused further bytes when it has taken the longest time that it may, and leaves nothing', async () => {
    const uploadId = await begin();
    const { uploads } = alder.services;
    const slow = (async function* () {
      yield await Promise.resolve(Buffer.alloc(PART_SIZE));
      consortium.world.ledger.advance(2 * DAYS_MS);
      yield Buffer.alloc(1);
    })();
    await expect(uploads.append(author, uploadId, 0, slow)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await uploads.expire()).toBe(1);
    expect(consortium.swarm.entered().size).toBe(0);
  });

  test('a store whose first part is collected while its client still sends is not registered', async () => {
    const slow = (async function* () {
      yield await Promise.resolve(Buffer.alloc(PART_SIZE + 1));
      consortium.world.ledger.advance(2 * DAYS_MS + 1);
      await alder.reconcile();
      yield Buffer.alloc(1);
    })();
    const stored = alder.services.storeRecord.storeContent(author, facts(), slow, memoryAttempt());
    await expect(stored).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(alder.deps.ledger.ordered).not.toContain('record:Register');
  });
});

describe('attack 40: a hospital that has a leaf of another one’s part kept at its author as a part of its own', () => {
  const CEDAR = 'CedarMSP' as MspId;
  const HOUR_MS = 3_600_000;
  const LEAF_BYTES = 1024 * 1024;
  const content = (): Uint8Array => randomBytes(2 * LEAF_BYTES);

  test.each([
    [
      'an upload that was given up',
      async () => {
        await alder.services.uploads.append(author, await begin(), 0, bytes(randomBytes(PART_SIZE + 1000)));
      },
    ],
    [
      'a store that failed',
      async () => {
        const { faults } = alder.deps.ledger;
        faults.push({ name: 'record:Register', when: 'before', error: new Error('killed') });
        const { storeRecord } = alder.services;
        const stored = storeRecord.storeContent(author, facts(), bytes(content()), memoryAttempt());
        await expect(stored).rejects.toThrow('killed');
      },
    ],
  ])('%s is forgotten once its own pin is gone, and the leaf goes by its own time', async (_what, giveUp) => {
    await giveUp();
    const { swarm } = consortium;
    const parts = new PartJournal(alder.deps.state);
    const unregistered = (): readonly string[] => parts.unregisteredAfter('', 10);
    const pinned = ({ mspId }: Scene['alder']): number => swarm.diskOf(mspId).pinned.size;
    const [cid = ''] = unregistered();
    const stored = swarm.find(cid);
    const leaf = await consortium
      .gateway(2)
      .deps.storage.add(stored?.bytes.subarray(0, LEAF_BYTES) ?? new Uint8Array());
    expect(stored?.part.blocks).toContain(leaf.cid);
    const deps = { ...alder.deps, parts, content: new ContentIndex(alder.deps.state) };
    await createCopies(deps).keep(CEDAR, leaf.cid, new AbortController().signal);
    expect(pinned(alder)).toBe(2);
    for (let day = 0; day < 7; day += 1) {
      await alder.reconcile();
      await birch.reconcile();
      consortium.world.ledger.advance(24 * HOUR_MS);
    }
    expect(unregistered()).toEqual([]);
    expect([alder, birch].map(pinned)).toEqual([0, 0]);
    const counts = [alder, birch].flatMap(({ deps: { state } }) => [...new CopyJournal(state).counts()]);
    expect(counts).toEqual([]);
  });

  test('the pin of such a leaf goes by its time while the store is not settled, and no block of the store with it', async () => {
    await alder.services.uploads.append(author, await begin(), 0, bytes(randomBytes(PART_SIZE + 1000)));
    const parts = new PartJournal(alder.deps.state);
    const [cid = ''] = parts.unregisteredAfter('', 10);
    const disk = consortium.swarm.diskOf(alder.mspId);
    const first = disk.parts.get(cid)?.bytes.subarray(0, LEAF_BYTES) ?? new Uint8Array();
    const leaf = await alder.deps.storage.add(first);
    const deps = { ...alder.deps, parts, content: new ContentIndex(alder.deps.state) };
    for (let day = 0; day < 5; day += 1) {
      await dropUnreferenced(deps, true);
      expect([...disk.pinned]).toEqual(day < 4 ? [cid, leaf.cid] : [cid]);
      consortium.world.ledger.advance(20 * HOUR_MS);
    }
    expect(disk.parts.get(cid)?.part.blocks).toContain(leaf.cid);
  });
});
