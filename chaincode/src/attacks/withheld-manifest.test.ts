// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PinPage } from '../domain/record.js';
import type { Identity } from '../testing/identity.js';
import { signed, type TestPatient } from '../testing/patient.js';
import type { PreparedRecord } from '../testing/record.js';
import { TestWorld } from '../testing/world.js';

let base: TestWorld;
let author: Identity;
let patient: TestPatient;

beforeAll(async () => {
  base = await TestWorld.found();
  author = await base.practitioner(base.hospital(0), 'physician');
  patient = await base.patient(base.hospital(0));
});

/** A record whose private data never came to the peer that is asked. */
async function withheld(): Promise<Readonly<{ world: TestWorld; record: PreparedRecord }>> {
  const world = base.fork();
  const record = await world.store(author, patient, [{ category: 'notes' }]);
  world.ledger.losePrivateData(record.request.recordId);
  return { world, record };
}

const answers = async (act: Promise<Readonly<{ answer: unknown }>>): Promise<unknown> => {
  try {
    return (await act).answer;
  } catch (error) {
    return (error as Readonly<{ code?: unknown }>).code;
  }
};

describe('attack 44: a record whose author withholds the private data', () => {
  test('keeps no other from the list of what is to be held, and stands in it without its parts', async () => {
    const { world, record } = await withheld();
    const other = await world.store(author, patient, [{ category: 'notes' }]);
    const { gateway } = world.hospital(2);
    const { versions } = (await world.run(gateway, 'record:ListPins', { pageSize: 100 })).answer as PinPage;
    const cids = other.vault.manifest.segments.flatMap(({ parts }) => parts.map(({ cid }) => cid));
    expect(versions).toHaveLength(2);
    expect(versions).toContainEqual({ recordId: record.request.recordId, version: 1 });
    expect(versions).toContainEqual({ recordId: other.request.recordId, version: 1, cids });
  });

  test('has an answer with a code wherever its manifest is read', async () => {
    const { world, record } = await withheld();
    const { recordId, ownerHandle: handle } = record.request;
    const segment = record.vault.manifest.segments[0];
    const stranger = await world.practitioner(world.hospital(1), 'physician');
    const report = { recordId, version: 1, segmentId: segment?.segmentId, cid: segment?.parts[0]?.cid };
    const { gateway } = world.hospital(1);
    const coded = { ...report, code: 'CONTENT_CORRUPT' };
    expect(await answers(world.run(gateway, 'record:ReportCorruption', coded))).toBe('NOT_FOUND');
    expect(await answers(world.run(stranger, 'record:GetManifest', { recordId }))).toBe('NOT_FOUND');
    expect(await answers(world.run(stranger, 'record:ListByHandle', { handle }))).toEqual({ records: [] });
    const colleague = await world.practitioner(world.hospital(0), 'physician');
    const next = await world.prepare(patient, [{ category: 'notes' }], { recordId, version: 2 });
    expect(await answers(world.register(colleague, next))).toBe('CONFLICT');
  });

  test('is not said to be absent to the hospital that wrote it, which would give its parts up', async () => {
    const { world, record } = await withheld();
    const { recordId } = record.request;
    const { gateway } = world.hospital(0);
    for (const name of ['record:GetManifest', 'record:GetSealed'])
      expect(await answers(world.run(gateway, name, { recordId }))).toBe('CONFLICT');
    world.ledger.reconcilePrivateData();
    expect(await answers(world.run(gateway, 'record:GetManifest', { recordId }))).toMatchObject({ recordId });
  });

  test('is erased all the same', async () => {
    const { world, record } = await withheld();
    const { recordId, ownerHandle: handle } = record.request;
    const order = {
      v: 1,
      kind: 'erasure',
      channel: 'tutela',
      erasureId: world.ownId('erasure', patient.handle),
      recordId,
    };
    const statement = { ...order, handle, signedAt: world.ledger.now, nonce: world.names.nonce() };
    await world.run(author, 'record:Erase', signed(patient, statement));
    const { gateway } = world.hospital(2);
    const asked = { pageSize: 100, recordId };
    expect((await world.run(gateway, 'record:ListPins', asked)).answer).toEqual({ versions: [] });
  });
});
