// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  DomainError,
  MAX_PARTS_PER_SEGMENT,
  SUITE_S1,
  type Handle,
  type Month,
} from '@tutela/chaincode/domain';
import { PART_SIZE, partPlaintextStart, systemRandom } from '@tutela/crypto';
import { memoryAttempt, type Scene, setScene, type TestGateway } from '../testing/index.js';
import { openState } from '../state/open-state.js';
import { createServices } from './create-services.js';
import { PartJournal } from './part-journal.js';
import { UploadJournal } from './upload-journal.js';
import type { ContentFacts, StoredRecord } from './store-record.js';

let consortium: Scene['consortium'];
let alder: Scene['alder'];
let patient: Scene['patient'];
let author: Scene['author'];

beforeEach(async () => {
  ({ consortium, alder, patient, author } = await setScene());
});

function facts(): ContentFacts {
  const handle: Handle = patient.handle;
  return {
    handle,
    category: 'imaging',
    class: 'standard',
    month: '2026-02' as Month,
    contentType: 'application/dicom',
  };
}

async function* bytes(content: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < content.length; at += 700_001)
    yield await Promise.resolve(content.subarray(at, at + 700_001));
}

/** A client that goes away after so many bytes. */
async function* broken(content: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield* bytes(content);
  throw await Promise.resolve(new Error('the connection was reset'));
}

async function begin(gateway = alder): Promise<string> {
  return (await gateway.services.uploads.begin(author, facts(), memoryAttempt())).uploadId;
}

async function read(stored: StoredRecord): Promise<Buffer> {
  const grantee = { kind: 'person', mspId: alder.mspId, practitionerId: author.practitionerId } as const;
  await consortium.world.grant(patient, { grantee });
  const request = { recordId: stored.recordId, purpose: 'TREAT', basis: { kind: 'consent' } } as const;
  const pieces: Buffer[] = [];
  for await (const piece of (await alder.services.openRecord.openRecord(author, request)).body)
    pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

describe('an upload', () => {
  test('goes on after the client, and then the gateway, went away, and opens byte for byte', async () => {
    const content = Buffer.from(systemRandom(PART_SIZE + 3_000_000));
    const uploadId = await begin();
    const { uploads } = alder.services;
    await expect(uploads.append(author, uploadId, 0, broken(content.subarray(0, 900_000)))).rejects.toThrow(
      'reset',
    );
    expect((await uploads.state(author, uploadId)).offset).toBe(900_000);
    const restarted = alder.restart().services.uploads;
    await restarted.append(author, uploadId, 900_000, bytes(content.subarray(900_000, PART_SIZE + 10)));
    const again = alder.restart().services.uploads;
    await again.append(author, uploadId, PART_SIZE + 10, bytes(content.subarray(PART_SIZE + 10)));
    const stored = await again.complete(author, uploadId, content.length);
    expect(stored).toMatchObject({ version: 1, hospitals: 3 });
    expect(await again.complete(author, uploadId, content.length)).toEqual(stored);
    expect((await read(stored)).equals(content)).toBe(true);
  });

  test('of nothing is complete at once', async () => {
    const uploadId = await begin();
    const stored = await alder.services.uploads.complete(author, uploadId, 0);
    expect(await read(stored)).toHaveLength(0);
  });

  test('at another offset or of another size is refused and loses nothing', async () => {
    const uploadId = await begin();
    const { uploads } = alder.services;
    await uploads.append(author, uploadId, 0, bytes(Buffer.alloc(1000)));
    await expect(uploads.append(author, uploadId, 999, bytes(Buffer.alloc(1)))).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await expect(uploads.complete(author, uploadId, 999)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await uploads.state(author, uploadId)).offset).toBe(1000);
  });

  test('does not exist for anyone but the one who began it', async () => {
    const uploadId = await begin();
    const other = await alder.person('physician');
    const { uploads } = alder.services;
    await expect(uploads.state(other, uploadId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(uploads.append(other, uploadId, 0, bytes(Buffer.alloc(1)))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(uploads.abandon(other, uploadId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('that is abandoned, or not continued in time, leaves no pin', async () => {
    const { uploads } = alder.services;
    const full = Buffer.alloc(PART_SIZE);
    const abandoned = await begin();
    await uploads.append(author, abandoned, 0, bytes(full));
    expect(consortium.swarm.entered().size).toBe(1);
    await uploads.abandon(author, abandoned);
    expect(consortium.swarm.entered().size).toBe(0);
    const forgotten = await begin();
    await uploads.append(author, forgotten, 0, bytes(full));
    consortium.world.ledger.advance(25 * 3_600_000);
    expect(await uploads.expire()).toBe(1);
    expect(consortium.swarm.entered().size).toBe(0);
    await expect(uploads.state(author, forgotten)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the longest upload', () => {
  /** Begins an upload of which all parts but the last are stored, as if each had the bytes of the first. */
  async function almostFull(): Promise<Readonly<{ uploadId: string; missing: number }>> {
    const uploadId = await begin();
    const { state } = alder.deps;
    await alder.services.uploads.append(author, uploadId, 0, bytes(Buffer.alloc(PART_SIZE)));
    const copy = `INSERT INTO upload_part SELECT upload, ?, tag, sha256, cid, size FROM upload_part
      WHERE upload = ? AND number = 0`;
    for (let part = 1; part < MAX_PARTS_PER_SEGMENT - 1; part += 1) state.prepare(copy).run(part, uploadId);
    const startOf = (part: number): number => partPlaintextStart({ suite: SUITE_S1 }, part);
    const skipped = startOf(MAX_PARTS_PER_SEGMENT - 1) - startOf(1);
    state.prepare('UPDATE upload SET received = received + ? WHERE id = ?').run(skipped, uploadId);
    const { received } = state.prepare('SELECT received FROM upload WHERE id = ?').get(uploadId) ?? {};
    return { uploadId, missing: startOf(MAX_PARTS_PER_SEGMENT) - Number(received) };
  }

  test('the longest upload fills the parts that a segment may have; the first byte too many is refused, and what came before can be completed', async () => {
    const { uploads } = alder.services;
    const { uploadId, missing } = await almostFull();
    const { offset } = await uploads.state(author, uploadId);
    const append = uploads.append(author, uploadId, offset, bytes(Buffer.alloc(missing + 1)));
    await expect(append).rejects.toMatchObject({ code: 'TOO_LARGE' });
    const full = await uploads.state(author, uploadId);
    // All hospitals hold the first part, and the others are that one here.
    alder.deps.storage.replicated = () => Promise.resolve(3);
    expect(full.offset).toBe(offset + missing);
    const stored = await uploads.complete(author, uploadId, full.offset);
    expect(stored.segments).toMatchObject([{ size: MAX_PARTS_PER_SEGMENT * PART_SIZE }]);
  });
});

describe('attack 26: the disk of a gateway after an upload', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Whether any piece of some bytes stands in any file of the folder, whatever kind of file it is. */
  async function isThere(bytes: Uint8Array): Promise<boolean> {
    const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))));
    const starts = Array.from({ length: bytes.length - 15 }, (_, start) => start);
    return starts.some((start) =>
      files.some((file) => file.includes(Buffer.from(bytes.subarray(start, start + 16)))),
    );
  }

  test.each(['completed', 'abandoned', 'expired'] as const)(
    'holds nothing of what opens its content once it is %s',
    async (end) => {
      const state = openState(join(folder, 'state.db'));
      const { uploads } = createServices({ ...alder.deps, state });
      const content = Buffer.from(systemRandom(5_000));
      const { uploadId } = await uploads.begin(author, facts(), memoryAttempt());
      await uploads.append(author, uploadId, 0, bytes(content.subarray(0, 2_000)));
      await uploads.append(author, uploadId, 2_000, bytes(content.subarray(2_000)));
      const row = state.prepare('SELECT secret, tail FROM upload').get();
      const [secret, tail] = [row?.['secret'] as Uint8Array, row?.['tail'] as Uint8Array];
      expect([await isThere(secret), await isThere(tail)]).toEqual([true, true]);
      if (end === 'completed') await uploads.complete(author, uploadId, content.length);
      if (end === 'abandoned') await uploads.abandon(author, uploadId);
      if (end === 'expired') {
        consortium.world.ledger.advance(25 * 3_600_000);
        await uploads.expire();
      }
      expect([await isThere(secret), await isThere(tail)]).toEqual([false, false]);
      state.close();
    },
  );
});

describe('an upload whose parts cannot be removed', () => {
  async function stuckUpload(): Promise<string> {
    const uploadId = await begin();
    await alder.services.uploads.append(author, uploadId, 0, bytes(Buffer.from(systemRandom(PART_SIZE))));
    alder.deps.storage.remove = () =>
      Promise.reject(new DomainError('STORAGE_UNAVAILABLE', 'the node refuses'));
    return uploadId;
  }

  function keysOnDisk(): number {
    return alder.deps.state.prepare('SELECT id FROM upload').all().length;
  }

  test.each(['abandoned', 'expired'] as const)('leaves no key on the disk once it is %s', async (end) => {
    const uploadId = await stuckUpload();
    expect(keysOnDisk()).toBe(1);
    if (end === 'abandoned') await alder.services.uploads.abandon(author, uploadId);
    consortium.world.ledger.advance(25 * 3_600_000);
    expect(await alder.services.uploads.expire()).toBe(end === 'expired' ? 1 : 0);
    expect(keysOnDisk()).toBe(0);
    expect(new PartJournal(alder.deps.state).unregisteredAfter('', 10)).toHaveLength(1);
  });

  test('keeps no other upload from ending', async () => {
    await stuckUpload();
    await stuckUpload();
    await begin();
    consortium.world.ledger.advance(25 * 3_600_000);
    expect(await alder.services.uploads.expire()).toBe(3);
    expect(keysOnDisk()).toBe(0);
  });

  test('keeps no other upload from ending while it is being worked on', async () => {
    const uploadId = await begin();
    await begin();
    const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
    const slow = (async function* () {
      await released;
      yield Buffer.alloc(1);
    })();
    const { uploads } = alder.services;
    const appending = uploads.append(author, uploadId, 0, slow);
    consortium.world.ledger.advance(25 * 3_600_000);
    expect(await uploads.expire()).toBe(1);
    expect(keysOnDisk()).toBe(1);
    release(undefined);
    await appending;
    consortium.world.ledger.advance(25 * 3_600_000);
    expect(await uploads.expire()).toBe(1);
  });
});

describe('attack 24: one nonce for two texts', () => {
  /** Kills the gateway after it has encrypted the first part and before storage has it. */
  async function killedWhileStoring(uploadId: string, content: Uint8Array): Promise<TestGateway> {
    const storage = { ...alder.deps.storage };
    const reached = new Promise<void>((resolve) => {
      storage.add = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    const { uploads } = createServices({ ...alder.deps, storage });
    void uploads.append(author, uploadId, 0, bytes(content));
    await reached;
    return alder.restart();
  }

  test('after a kill between encryption and storage, other bytes for the same place are refused, the same are taken', async () => {
    const content = Buffer.from(systemRandom(PART_SIZE + 5));
    const uploadId = await begin();
    const { services } = await killedWhileStoring(uploadId, content);
    expect((await services.uploads.state(author, uploadId)).offset).toBe(0);
    const other = Buffer.from(content);
    other[1000] = (other[1000] ?? 0) ^ 1;
    await expect(services.uploads.append(author, uploadId, 0, bytes(other))).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(consortium.swarm.entered().size).toBe(0);
    await services.uploads.append(author, uploadId, 0, bytes(content));
    const stored = await services.uploads.complete(author, uploadId, content.length);
    expect((await read(stored)).equals(content)).toBe(true);
  });
});

test('an upload whose registration an earlier version noted ends, and keeps no other one from ending', async () => {
  const { uploads } = alder.services;
  const [first, second] = [await begin(), await begin()];
  const journal = new UploadJournal(alder.deps);
  const answer = { recordId: 'rec_aaaaaaaaaaaaaaaaaaaaaa', version: 1, manifestHash: 'h', segments: [] };
  journal.note(first, { answer, atMs: 1 } as unknown as Parameters<UploadJournal['note']>[1]);
  consortium.world.ledger.advance(40 * 3_600_000);
  expect(await uploads.expire()).toBe(2);
  expect([journal.find(first), journal.find(second)]).toEqual([undefined, undefined]);
});

describe('attack 33: a crash at every step of completing', () => {
  test.each([
    ['before', 'record:Register'],
    ['after', 'record:Register'],
  ] as const)('%s %s: the retry gives one version and one answer', async (when, name) => {
    const content = Buffer.from('content');
    const uploadId = await begin();
    await alder.services.uploads.append(author, uploadId, 0, bytes(content));
    alder.deps.ledger.faults.push({ name, when, error: new Error('killed') });
    await expect(alder.services.uploads.complete(author, uploadId, content.length)).rejects.toThrow('killed');
    const { uploads } = alder.restart().services;
    const stored = await uploads.complete(author, uploadId, content.length);
    expect(stored.version).toBe(1);
    expect(await read(stored)).toEqual(content);
    const registered = consortium.channel.messages.filter(({ event }) => event.act === 'record-registered');
    expect(registered).toHaveLength(1);
  });

  test('an upload whose registration went through is finished, not collected, when it expires', async () => {
    const uploadId = await begin();
    await alder.services.uploads.append(author, uploadId, 0, bytes(Buffer.from('content')));
    alder.deps.ledger.faults.push({ name: 'record:Register', when: 'after', error: new Error('killed') });
    await expect(alder.services.uploads.complete(author, uploadId, 7)).rejects.toThrow('killed');
    consortium.world.ledger.advance(25 * 3_600_000);
    expect(await alder.restart().services.uploads.expire()).toBe(1);
    expect(consortium.swarm.entered().size).toBe(1);
  });
});
