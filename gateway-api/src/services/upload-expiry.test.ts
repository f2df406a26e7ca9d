// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError, PERIOD_MS, type Month } from '@tutela/chaincode/domain';
import { PART_SIZE } from '@tutela/crypto';
import { memoryAttempt, type Scene, setScene } from '../testing/index.js';
import { PartJournal } from './part-journal.js';
import type { ContentFacts, StoredRecord } from './store-record.js';
import type { UploadState } from './uploads.js';

let consortium: Scene['consortium'];
let alder: Scene['alder'];
let patient: Scene['patient'];
let author: Scene['author'];

beforeEach(async () => {
  ({ consortium, alder, patient, author } = await setScene());
});

async function* bytes(content: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(content);
}

async function begin(): Promise<string> {
  const facts: ContentFacts = {
    handle: patient.handle,
    category: 'imaging',
    class: 'standard',
    month: '2026-02' as Month,
    contentType: 'application/dicom',
  };
  return (await alder.services.uploads.begin(author, facts, memoryAttempt())).uploadId;
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

  test('leaves another one, past its time, no bytes to take and nothing to register', async () => {
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

  test('does not give up another one that goes on meanwhile', async () => {
    const { uploads, second, done, goOn, expired } = await expiring((uploadId) =>
      append(uploadId, Buffer.alloc(100)),
    );
    goOn();
    expect(await expired).toBe(1);
    expect(await uploads.state(author, second)).toEqual(done);
    expect(await heldOf(await uploads.complete(author, second, done.offset))).toEqual([true, true]);
  });

  test('takes no part of another one that is registered meanwhile', async () => {
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
    expect(await end(uploadId)).toBe('ended');
    expect(consortium.swarm.entered().size).toBe(0);
  });
});
