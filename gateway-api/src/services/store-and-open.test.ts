// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  DomainError,
  type Category,
  type Handle,
  type Month,
  type SealedMaterial,
} from '@tutela/chaincode/domain';
import type { TestWorld } from '@tutela/chaincode/testing';
import { systemRandom } from '@tutela/crypto';
import type { Actor } from '../ledger/actor.js';
import { memoryAttempt, type Scene, setScene, type TestGateway } from '../testing/index.js';
import { RangeNotSatisfiable, type OpenedContent } from './open-record.js';
import type { ContentFacts, StoredRecord } from './store-record.js';

let consortium: Scene['consortium'];
let alder: Scene['alder'];
let birch: Scene['birch'];
let patient: Scene['patient'];
let author: Scene['author'];
let reader: Scene['reader'];

beforeEach(async () => {
  ({ consortium, alder, birch, patient, author, reader } = await setScene());
});

async function* bytes(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

async function whole({ body }: OpenedContent): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

function only<T>(items: readonly T[]): T {
  const [first] = items;
  if (first === undefined || items.length !== 1) throw new Error('one was expected');
  return first;
}

function facts(category: Category = 'notes'): ContentFacts {
  const handle: Handle = patient.handle;
  return { handle, category, class: 'standard', month: '2026-02' as Month, contentType: 'application/pdf' };
}

function store(content: Uint8Array, attempt = memoryAttempt(), category?: Category): Promise<StoredRecord> {
  return alder.services.storeRecord.storeContent(author, facts(category), bytes(content), attempt);
}

function open(recordId: StoredRecord['recordId'], by: Actor = reader): Promise<OpenedContent> {
  const request = { recordId, purpose: 'TREAT', basis: { kind: 'consent' } } as const;
  return birch.services.openRecord.openRecord(by, request);
}

function permitReader(): ReturnType<TestWorld['grant']> {
  const { practitionerId } = reader;
  return consortium.world.grant(patient, { grantee: { kind: 'person', mspId: birch.mspId, practitionerId } });
}

describe('a content', () => {
  test('stored at one hospital opens byte for byte at another under a consent, with its type', async () => {
    const content = Buffer.from(systemRandom(3_000_000));
    const stored = await store(content);
    expect(stored).toMatchObject({ version: 1, hospitals: 3, segments: [{ category: 'notes' }] });
    await permitReader();
    const opened = await open(stored.recordId);
    expect(opened).toMatchObject({ contentType: 'application/pdf', size: content.length, accused: [] });
    expect(Buffer.compare(await whole(opened), content)).toBe(0);
  });

  test('of no bytes is stored and opened', async () => {
    const stored = await store(new Uint8Array(0));
    await permitReader();
    expect(await whole(await open(stored.recordId))).toHaveLength(0);
  });

  test('of several parts is read by ranges that cross chunks and parts', async () => {
    const content = Buffer.from(systemRandom(18_000_000));
    const stored = await store(content);
    await permitReader();
    const { intentId, segments } = await declare(stored.recordId);
    const segmentId = only(segments).segmentId;
    for (const [start, end] of [
      [0, 1],
      [1_048_400, 1_048_700],
      [16_777_000, 16_778_000],
      [17_999_999, 18_000_000],
    ] as const) {
      const range = { first: start, last: end - 1 };
      const opened = await birch.services.openRecord.openSegment(reader, { intentId, segmentId, range });
      expect(opened).toMatchObject({ range: { start, end }, size: content.length });
      expect((await whole(opened)).equals(content.subarray(start, end))).toBe(true);
    }
    const beyond = { intentId, segmentId, range: { first: content.length } };
    await expect(birch.services.openRecord.openSegment(reader, beyond)).rejects.toThrow(RangeNotSatisfiable);
  });

  test('only ciphertext reaches storage', async () => {
    const planted = 'a sentence that must not be found anywhere';
    await store(Buffer.from(planted));
    for (const { mspId } of consortium.gateways)
      for (const { bytes: held } of consortium.swarm.diskOf(mspId).parts.values())
        expect(Buffer.from(held).includes(planted)).toBe(false);
    expect(consortium.log.lines.join('\n')).not.toContain(planted);
  });
});

function declare(
  recordId: StoredRecord['recordId'],
  by: Actor = reader,
): ReturnType<TestGateway['services']['intents']['declare']> {
  const wanted = { recordId };
  return birch.services.intents.declare(by, {
    handle: patient.handle,
    purpose: 'TREAT',
    basis: { kind: 'consent' },
    wanted,
  });
}

describe('attack 18: what one may not see does not exist', () => {
  test('a record without consent and a record that was never there are answered alike, and both are recorded', async () => {
    const stored = await store(Buffer.from('content'));
    const absent = `rec_${'x'.repeat(22)}` as StoredRecord['recordId'];
    for (const recordId of [stored.recordId, absent]) {
      await expect(open(recordId)).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: 'none of the requested segments exists, or you may not open them',
        txId: expect.stringMatching(/^[0-9a-f]{64}$/),
        intentId: expect.stringMatching(/^in_/),
      });
    }
    const refused = consortium.channel.messages.filter(({ event }) => event.outcome === 'refused');
    expect(refused).toHaveLength(2);
    expect(consortium.custodians.asked).toHaveLength(0);
  });

  test('a list holds what one may open and nothing else', async () => {
    const stored = await store(Buffer.from('content'));
    expect(await birch.services.records.list(reader, patient.handle)).toEqual([]);
    await permitReader();
    const listed = await birch.services.records.list(reader, patient.handle);
    expect(listed.map(({ recordId }) => recordId)).toEqual([stored.recordId]);
    const nurse = await birch.person('nurse');
    expect(await birch.services.records.list(nurse, patient.handle)).toEqual([]);
  });
});

describe('attack 15: nothing that was allowed before is allowed after', () => {
  test('an intent that was permitted opens nothing once the consent is revoked', async () => {
    const stored = await store(Buffer.from('content'));
    const consent = await permitReader();
    const { intentId, segments } = await declare(stored.recordId);
    const segmentId = only(segments).segmentId;
    const again = (): Promise<OpenedContent> =>
      birch.services.openRecord.openSegment(reader, { intentId, segmentId });
    expect(await whole(await again())).toEqual(Buffer.from('content'));
    await consortium.world.revoke(patient, consent);
    await expect(again()).rejects.toMatchObject({ code: 'NO_CONSENT' });
    await expect(open(stored.recordId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a hold at enough custodians stops the very next opening before its transaction exists', async () => {
    const stored = await store(Buffer.from('content'));
    const consent = await permitReader();
    const revocation = consortium.world.revocation(patient, consent) as Parameters<
      TestGateway['services']['consents']['revoke']
    >[1];
    const revoke = (holdOnly: boolean) =>
      alder.services.consents.revoke({ kind: 'gateway' }, revocation, { holdOnly }, memoryAttempt());
    const held = await revoke(true);
    expect(held.heldBy).toHaveLength(3);
    await expect(open(stored.recordId)).rejects.toMatchObject({ code: 'HELD' });
    const { txId } = await revoke(false);
    expect(txId).toMatch(/^[0-9a-f]{64}$/);
  });

  test('an intent is of use to nobody but the one who declared it', async () => {
    const stored = await store(Buffer.from('content'));
    await permitReader();
    const { intentId, segments } = await declare(stored.recordId);
    const of = { intentId, segmentId: only(segments).segmentId };
    const other = await birch.person('physician');
    await expect(birch.services.openRecord.openSegment(other, of)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(alder.services.openRecord.openSegment(author, of)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(
      consortium.world.run(alder.hospital.gateway, 'access:GetReleaseContext', { intentId }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('attack 25: a segment that is not the one that was anchored', () => {
  test.each([
    ['category', { category: 'laboratory' }],
    ['commitment', { com: 'A'.repeat(43) }],
    ['digest', { sha256: 'A'.repeat(43) }],
  ])('is not asked a key for when its %s was changed', async (_, changed) => {
    const stored = await store(Buffer.from('content'));
    await permitReader();
    const { ledger } = birch.deps;
    const genuine = ledger.evaluate.bind(ledger);
    jest.spyOn(ledger, 'evaluate').mockImplementation(async (actor, name, request) => {
      const answer = await genuine(actor, name, request);
      if (name !== 'record:GetSealed') return answer;
      const lie = structuredClone(answer) as SealedMaterial;
      Object.assign(lie.records[0]?.manifest?.segments[0] ?? {}, changed);
      return lie;
    });
    await expect(open(stored.recordId)).rejects.toMatchObject({ code: 'LABEL_MISMATCH' });
  });
});

describe('custodians that are asked while the intent is being committed', () => {
  function failOnceOrdered(error: Error): void {
    birch.deps.ledger.faults.push({ name: 'access:DeclareIntent', when: 'ordered', error });
  }

  test('are asked once each, and again only if they did not have it', async () => {
    const stored = await store(Buffer.from('content'));
    await permitReader();
    const other = 'CedarMSP' as typeof alder.mspId;
    for (const mspId of [alder.mspId, other]) consortium.custodians.faults.set(mspId, { kind: 'hasty' });
    expect(await whole(await open(stored.recordId))).toEqual(Buffer.from('content'));
    const counts = Map.groupBy(consortium.custodians.asked, (mspId) => mspId);
    expect(counts.get(birch.mspId)).toHaveLength(1);
    expect(counts.get(alder.mspId)).toHaveLength(2);
  });

  test.each(['CONFLICT', 'COMMIT_UNKNOWN', 'INTERNAL'] as const)(
    'open nothing of an intent that was ordered and ends as %s',
    async (code) => {
      const stored = await store(Buffer.from('content'));
      await permitReader();
      const reads = birch.deps.ledger.calls.length;
      const failure = new DomainError(code, 'not valid');
      failOnceOrdered(failure);
      await expect(open(stored.recordId)).rejects.toBe(failure);
      expect(consortium.custodians.asked).toHaveLength(3);
      expect(birch.deps.ledger.calls.slice(reads)).not.toContain('access:GetReleaseContext');
    },
  );

  test('are not asked about an intent that permits nothing', async () => {
    const stored = await store(Buffer.from('content'));
    await expect(open(stored.recordId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(consortium.custodians.asked).toHaveLength(0);
  });
});

describe('attack 28: a custodian that answers wrongly', () => {
  const others = ['BirchMSP', 'CedarMSP'] as const;

  test('one that lies is worked around, named, and its evidence stands on the ledger', async () => {
    const stored = await store(Buffer.from('content'));
    await permitReader();
    consortium.custodians.faults.set(alder.mspId, { kind: 'lies' });
    for (const mspId of others) consortium.custodians.faults.set(mspId as never, { kind: 'slow', ms: 300 });
    const opened = await open(stored.recordId);
    expect(await whole(opened)).toEqual(Buffer.from('content'));
    expect(opened.accused).toEqual([alder.mspId]);
    const { accusations } = await birch.services.custody.view(reader);
    expect(accusations).toMatchObject([{ custodian: alder.mspId, accuser: birch.mspId }]);
  });

  test.each(['old-epoch', 'forged', 'down'] as const)(
    'one whose answer is %s is passed over',
    async (kind) => {
      const stored = await store(Buffer.from('content'));
      await permitReader();
      consortium.custodians.faults.set(alder.mspId, { kind });
      const opened = await open(stored.recordId);
      expect(await whole(opened)).toEqual(Buffer.from('content'));
      expect(opened.accused).toEqual([]);
    },
  );

  test('fewer than t good answers open nothing, and the answer does not say who refused', async () => {
    const stored = await store(Buffer.from('content'));
    await permitReader();
    consortium.custodians.faults.set(alder.mspId, { kind: 'down' });
    consortium.custodians.faults.set('CedarMSP' as never, { kind: 'forged' });
    const failure = await open(stored.recordId).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'TOO_FEW_CUSTODIANS' });
    expect(String(failure)).not.toContain('MSP');
    expect(consortium.log.lines.join('\n')).toContain('"mspId":"AlderMSP","code":"TOO_FEW_CUSTODIANS"');
  });
});

describe('attack §15.18: custodians whose peers show two chains', () => {
  const fork = (...mspIds: readonly string[]) => {
    for (const mspId of mspIds) consortium.custodians.faults.set(mspId as never, { kind: 'forked' });
  };

  test('one alone on its chain is passed over and the alarm is raised', async () => {
    const stored = await store(Buffer.from('content'));
    await permitReader();
    fork('AlderMSP');
    for (const mspId of ['BirchMSP', 'CedarMSP'])
      consortium.custodians.faults.set(mspId as never, { kind: 'slow', ms: 300 });
    const opened = await open(stored.recordId);
    expect(await whole(opened)).toEqual(Buffer.from('content'));
    expect(opened.accused).toEqual([]);
    expect(consortium.log.lines.join('\n')).toContain('"alarm":"FORK"');
  });

  test('replies of two forks do not combine', async () => {
    const stored = await store(Buffer.from('content'));
    await permitReader();
    fork('AlderMSP', 'CedarMSP');
    await expect(open(stored.recordId)).rejects.toMatchObject({ code: 'PEER_FORKED' });
  });
});

describe('attack 24: bytes that were changed', () => {
  function spoil(mspIds: readonly string[]): void {
    for (const mspId of mspIds) {
      const { parts } = consortium.swarm.diskOf(mspId);
      for (const [cid, held] of parts) {
        const changed = Uint8Array.from(held.bytes);
        changed[60] = (changed[60] ?? 0) ^ 1;
        parts.set(cid, { ...held, bytes: changed });
      }
    }
  }

  test('a bad copy at one hospital is passed over', async () => {
    const stored = await store(Buffer.from('content'));
    await permitReader();
    spoil([birch.mspId]);
    expect(await whole(await open(stored.recordId))).toEqual(Buffer.from('content'));
  });

  test('bad copies at all hospitals are refused, and the ledger says so', async () => {
    const stored = await store(Buffer.from('content'));
    await permitReader();
    spoil(consortium.gateways.map(({ mspId }) => mspId));
    await expect(open(stored.recordId)).rejects.toMatchObject({ code: 'CONTENT_CORRUPT' });
    expect(consortium.channel.messages.at(-1)?.event).toMatchObject({
      act: 'content-corrupt',
      outcome: 'permitted',
    });
  });
});
