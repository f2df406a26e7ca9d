// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { CustodianSet } from '../../domain/custody.js';
import { MAX_VERSIONS_PER_RECORD, type PinnedVersion, type PinPage } from '../../domain/record.js';
import { padded } from '../../state/keys.js';
import { cidOf } from '../../testing/cid.js';
import { erasureBy } from '../../testing/erasure.js';
import { written } from '../../testing/expect-writes.js';
import type { Identity } from '../../testing/identity.js';
import { signed, type TestPatient } from '../../testing/patient.js';
import { prepareRecord, type PreparedRecord } from '../../testing/record.js';
import { runTransaction } from '../../testing/runner.js';
import { TestWorld } from '../../testing/world.js';

const NOW = '2026-03-01T08:00:00.000Z';
const AGE_MS = 24 * 3_600_000;
let base: TestWorld;
let author: Identity;
let patient: TestPatient;

beforeAll(async () => {
  base = await TestWorld.found();
  author = await base.practitioner(base.hospital(0), 'physician');
  patient = await base.patient(base.hospital(0));
});

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });

function orderOf(world: TestWorld, { request }: PreparedRecord, change: object = {}) {
  const { recordId, ownerHandle: handle } = request;
  const { statement } = erasureBy(world, patient, recordId);
  return signed(patient, { ...statement, handle, ...change });
}

describe('record:Register', () => {
  test('writes the version and its labels publicly, what opens it privately, and remembers each capsule', async () => {
    const world = base.fork();
    const prepared = await world.prepare(patient, [{ category: 'summary' }, { category: 'notes' }]);
    const { request, vault } = prepared;
    const options = { transient: { vault } };
    const { writes, audit, txId, answer } = await written(world, author, 'record:Register', request, options);
    const { recordId } = request;
    const version = {
      ...request,
      v: 1,
      author: 'AlderMSP',
      practitionerId: author.id,
      registeredAt: NOW,
      txId,
      status: 'current',
    };
    const {
      [`record/${recordId}/0000001`]: registered,
      [`vault:vault/${recordId}/0000001`]: kept,
      ...others
    } = writes;
    expect(registered).toEqual(version);
    expect(answer).toEqual(version);
    expect(kept).toEqual(vault);
    const capsules = Object.keys(others).filter((key) => /^capsule\/[A-Za-z0-9_-]{43}$/.test(key));
    expect(capsules).toHaveLength(2);
    const marks = [...capsules, `record-of/${patient.handle}/${recordId}`];
    expect(others).toEqual(Object.fromEntries(marks.map((key) => [key, { v: 1 }])));
    expect(audit).toEqual({
      act: 'record-registered',
      actor: { mspId: 'AlderMSP', id: author.id, role: 'physician' },
      outcome: 'permitted',
      handle: patient.handle,
      recordIds: [recordId],
    });
  });

  test('a later version writes no second place in the patient’s list', async () => {
    const world = base.fork();
    const { request } = await world.store(author, patient, [{ category: 'notes' }]);
    const next = await world.prepare(patient, [{ category: 'notes' }], {
      recordId: request.recordId,
      version: 2,
    });
    const options = { transient: { vault: next.vault } };
    const { writes } = await written(world, author, 'record:Register', next.request, options);
    const kinds = Object.keys(writes)
      .map((key) => key.split('/')[0])
      .sort();
    expect(kinds).toEqual(['capsule', 'record', 'vault:vault']);
  });

  test('needs its transient data, an active custody, and a patient at the author’s own hospital', async () => {
    const world = base.fork();
    const prepared = await world.prepare(patient, [{ category: 'notes' }]);
    await refuse(world.run(author, 'record:Register', prepared.request), 'BAD_REQUEST');
    const garbage = { transient: { vault: 'x'.repeat(5 * 1024 * 1024) } };
    await refuse(world.run(author, 'record:Register', prepared.request, garbage), 'TOO_LARGE');
    const elsewhere = await world.patient(world.hospital(1));
    const foreign = await world.prepare({ ...elsewhere, mspId: author.mspId }, [{ category: 'notes' }]);
    await refuse(world.register(author, foreign), 'NOT_FOUND');
    await refuse(world.register(world.hospital(0).gateway, prepared), 'CALLER_NOT_ENTITLED');
    const young = await TestWorld.found(['Alder', 'Birch'], false);
    const doctor = await young.practitioner(young.hospital(0), 'physician');
    const first = await young.patient(young.hospital(0));
    const set = (await world.run(author, 'custody:GetCurrent', {})).answer as CustodianSet;
    const early = prepareRecord(young.manifest(first, [{ category: 'notes' }]), set);
    await refuse(young.register(doctor, early), 'CUSTODY_INACTIVE');
  });
});

describe('record:Erase', () => {
  test('purges what opens every version, marks each as erased, and writes the order', async () => {
    const world = base.fork();
    const stored = await world.store(author, patient, [{ category: 'notes' }]);
    const { recordId } = stored.request;
    const second = await world.prepare(patient, [{ category: 'notes' }], { recordId, version: 2 });
    await world.register(author, second);
    const order = orderOf(world, stored);
    const { writes, audit, txId, answer } = await written(
      world,
      world.hospital(1).gateway,
      'record:Erase',
      order,
    );
    const { erasureId, nonce } = order.statement;
    const kept = { ...order, v: 1, author: 'AlderMSP', orderedAt: NOW, txId };
    const vaults = Array.from({ length: MAX_VERSIONS_PER_RECORD }, (_, position) => padded(position + 1));
    expect(writes).toEqual({
      [`record-erased/${recordId}`]: { v: 1 },
      ...Object.fromEntries(vaults.map((version) => [`vault:vault/${recordId}/${version}`, null])),
      [`erasure/${erasureId}`]: kept,
      [`nonce/${patient.handle}/${nonce}`]: { v: 1 },
    });
    expect(answer).toEqual({ ...kept, confirmations: {}, complete: false });
    expect(audit).toMatchObject({ act: 'record-erased', handle: patient.handle, recordIds: [recordId] });
    await refuse(world.run(author, 'record:GetManifest', { recordId }), 'ERASED');
    const third = await world.prepare(patient, [{ category: 'notes' }], { recordId, version: 3 });
    await refuse(world.register(author, third), 'ERASED');
    await refuse(world.run(author, 'record:Erase', orderOf(world, stored)), 'ERASED');
  });

  test('needs the patient’s own, fresh, unused signature for the own record', async () => {
    const world = base.fork();
    const stored = await world.store(author, patient, [{ category: 'notes' }]);
    const { gateway } = world.hospital(0);
    const order = orderOf(world, stored);
    const forged = {
      ...order,
      statement: { ...order.statement, erasureId: world.ownId('erasure', patient.handle) },
    };
    await refuse(world.run(gateway, 'record:Erase', forged), 'SIGNATURE_INVALID');
    const stranger = await world.patient(world.hospital(0));
    const own = { handle: stranger.handle, erasureId: world.ownId('erasure', stranger.handle) };
    const theirs = signed(stranger, { ...order.statement, ...own });
    await refuse(world.run(gateway, 'record:Erase', theirs), 'NOT_FOUND');
    const unknown = orderOf(world, stored, { recordId: world.names.id('record') });
    await refuse(world.run(gateway, 'record:Erase', unknown), 'NOT_FOUND');
    world.ledger.advance(AGE_MS);
    await refuse(world.run(gateway, 'record:Erase', order), 'STATEMENT_EXPIRED');
  });

  test('is complete once every hospital’s own process has confirmed', async () => {
    const world = base.fork();
    const stored = await world.store(author, patient, [{ category: 'notes' }]);
    const order = orderOf(world, stored);
    const { erasureId } = order.statement;
    await world.run(author, 'record:Erase', order);
    const confirmation = { erasureId, blocksRemoved: 4, blocksHash: world.names.bytes32() };
    await refuse(world.run(author, 'record:ConfirmErasure', confirmation), 'CALLER_NOT_ENTITLED');
    await refuse(
      world.run(world.hospital(0).gateway, 'record:ConfirmErasure', {
        ...confirmation,
        erasureId: world.ownId('erasure', patient.handle),
      }),
      'NOT_FOUND',
    );
    const certificate = async () => (await world.run(author, 'record:GetErasure', { erasureId })).answer;
    for (const { gateway, mspId } of world.hospitals) {
      expect(await certificate()).toMatchObject({ complete: false });
      const { writes, txId } = await written(world, gateway, 'record:ConfirmErasure', confirmation);
      const { blocksRemoved, blocksHash } = confirmation;
      expect(writes).toEqual({
        [`erasure-confirmation/${erasureId}/${mspId}`]: { mspId, at: NOW, blocksRemoved, blocksHash, txId },
      });
      await refuse(world.run(gateway, 'record:ConfirmErasure', confirmation), 'ALREADY_EXISTS');
    }
    expect(await certificate()).toMatchObject({ complete: true, versions: 1 });
    const stranger = await world.practitioner(world.hospital(2), 'physician');
    await refuse(world.run(stranger, 'record:GetErasure', { erasureId }), 'NOT_FOUND');
    const open = (await world.run(world.hospital(0).gateway, 'record:ListErasures', { unconfirmed: true }))
      .answer;
    expect(open).toEqual({ erasures: [] });
  });
});

describe('an empty page', () => {
  test('is empty, and no error', async () => {
    const { ledger, hospitals } = await TestWorld.found(['Alder', 'Birch'], false);
    const [alder] = hospitals;
    if (alder === undefined) throw new Error('no hospital');
    const ask = async (name: string, request: object) =>
      (await runTransaction(ledger, alder.gateway, name, request)).answer;
    expect(await ask('record:ListErasures', {})).toEqual({ erasures: [] });
    expect(await ask('record:ListPins', { pageSize: 10 })).toEqual({ versions: [] });
  });
});

describe('attack 44: a part whose identifier is none that a vault makes', () => {
  test.each([
    ['dag-cbor', 'bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'],
    ['no identifier at all', 'b0'],
  ])('is not registered, since it would stop the repair of all others: %s', async (_, cid) => {
    const world = base.fork();
    const manifest = world.manifest(patient, [{ category: 'notes' }]);
    const segments = manifest.segments.map(({ parts, ...segment }) => ({
      ...segment,
      parts: parts.map((part) => ({ ...part, cid })),
    }));
    const custodians = (await world.run(world.hospital(0).custodian, 'custody:GetCurrent', {})).answer;
    const prepared = prepareRecord({ ...manifest, segments }, custodians as CustodianSet);
    await refuse(world.register(author, prepared), 'BAD_REQUEST');
  });
});

describe('record:ListPins', () => {
  test('attack 44: a page ends by its size, whatever authors make of their manifests', async () => {
    const world = base.fork();
    const many = Array.from({ length: 6 }, () => ({ category: 'notes' }) as const);
    for (let count = 0; count < 3; count += 1) {
      const manifest = world.manifest(patient, many);
      const parts = Array.from({ length: 3_000 }, (_, part) => ({
        ...{ cid: cidOf(String(part)), size: 0, sha256: world.names.bytes32() },
      }));
      const segments = manifest.segments.map((segment) => ({ ...segment, parts, size: 0 }));
      const custodians = (await world.run(world.hospital(0).custodian, 'custody:GetCurrent', {})).answer;
      await world.register(author, prepareRecord({ ...manifest, segments }, custodians as CustodianSet));
    }
    const { gateway } = world.hospital(2);
    const pages: PinPage[] = [];
    do {
      const bookmark = pages.at(-1)?.bookmark;
      const request = { pageSize: 100, ...(bookmark !== undefined && { bookmark }) };
      pages.push((await world.run(gateway, 'record:ListPins', request)).answer as PinPage);
    } while (pages.at(-1)?.bookmark !== undefined);
    expect(pages.map(({ versions }) => versions.length)).toEqual([2, 1]);
  });

  test('lists all that the ledger still knows, page by page, for processes alone', async () => {
    const world = base.fork();
    const stored = [];
    for (let count = 0; count < 5; count += 1)
      stored.push(await world.store(author, patient, [{ category: 'notes' }]));
    const [first, ...rest] = stored;
    if (first === undefined) throw new Error('nothing stored');
    await world.run(author, 'record:Erase', orderOf(world, first));
    const { gateway } = world.hospital(2);
    const listed: PinnedVersion[] = [];
    let bookmark: string | undefined;
    do {
      const request = { pageSize: 2, ...(bookmark !== undefined && { bookmark }) };
      const page = (await world.run(gateway, 'record:ListPins', request)).answer as PinPage;
      listed.push(...page.versions);
      bookmark = page.bookmark;
    } while (bookmark !== undefined);
    const expected = rest.map(({ vault: { manifest } }) => ({
      recordId: manifest.recordId,
      version: manifest.version,
      author: manifest.author,
      cids: manifest.segments.flatMap(({ parts }) => parts.map(({ cid }) => cid)),
    }));
    const byRecord = (one: PinnedVersion, other: PinnedVersion) => (one.recordId < other.recordId ? -1 : 1);
    expect(listed).toEqual(expected.toSorted(byRecord));
    const [asked] = expected;
    const one = { pageSize: 2, recordId: asked?.recordId };
    expect((await world.run(gateway, 'record:ListPins', one)).answer).toEqual({ versions: [asked] });
    const erased = { pageSize: 2, recordId: first.request.recordId };
    expect((await world.run(gateway, 'record:ListPins', erased)).answer).toEqual({ versions: [] });
    await refuse(world.run(author, 'record:ListPins', { pageSize: 2 }), 'CALLER_NOT_ENTITLED');
    await refuse(
      world.run(gateway, 'record:ListPins', { pageSize: 2, bookmark: '\u0000consent\u0000' }),
      'BAD_REQUEST',
    );
  });
});

describe('record:ReportCorruption', () => {
  test('leaves an entry about a part of a known segment, and nothing else', async () => {
    const world = base.fork();
    const { request, vault } = await world.store(author, patient, [{ category: 'notes' }]);
    const [segment] = vault.manifest.segments;
    const report = {
      recordId: request.recordId,
      version: 1,
      segmentId: segment?.segmentId,
      cid: segment?.parts[0]?.cid,
      code: 'CONTENT_CORRUPT',
    };
    const { writes, audit } = await written(
      world,
      world.hospital(1).gateway,
      'record:ReportCorruption',
      report,
    );
    expect(writes).toEqual({});
    expect(audit).toMatchObject({
      act: 'content-corrupt',
      handle: patient.handle,
      codes: ['CONTENT_CORRUPT'],
    });
    await refuse(
      world.run(author, 'record:ReportCorruption', { ...report, cid: cidOf('other') }),
      'NOT_FOUND',
    );
    await refuse(
      world.run(world.hospital(1).custodian, 'record:ReportCorruption', report),
      'CALLER_NOT_ENTITLED',
    );
  });
});
