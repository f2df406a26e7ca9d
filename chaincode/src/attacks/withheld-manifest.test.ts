// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { DegradedContext, SignedDegradedRequest } from '../domain/degraded.js';
import type { PinPage } from '../domain/record.js';
import { acknowledgeDegraded, degradedStatementOf, signDegraded } from '../testing/degraded.js';
import { erasureBy } from '../testing/erasure.js';
import type { Identity } from '../testing/identity.js';
import type { TestPatient } from '../testing/patient.js';
import type { PreparedRecord } from '../testing/record.js';
import { TestWorld } from '../testing/world.js';

let base: TestWorld;
let author: Identity;
let requester: Identity;
let cosigner: Identity;
let patient: TestPatient;

beforeAll(async () => {
  base = await TestWorld.found();
  author = await base.practitioner(base.hospital(0), 'physician');
  requester = await base.practitioner(base.hospital(1), 'physician');
  cosigner = await base.practitioner(base.hospital(2), 'physician');
  patient = await base.patient(base.hospital(0));
  for (const person of [requester, cosigner]) await base.passkey(person);
  for (const { custodian } of base.hospitals) await base.run(custodian, 'degraded:Vote', { mode: 'on' });
  base.ledger.advance(60_000);
});

/** A record whose private data never came to the peer that is asked. */
async function withheld(): Promise<Readonly<{ world: TestWorld; record: PreparedRecord }>> {
  const world = base.fork();
  const record = await world.store(author, patient, [{ category: 'notes' }]);
  world.ledger.losePrivateData(record.request.recordId);
  return { world, record };
}

/** What the own peer says of the patient while the ledger stalls. */
async function contextOf(world: TestWorld, scope: 'summary' | 'full'): Promise<DegradedContext> {
  const { mspId, gateway } = world.hospital(1);
  const people = [{ mspId, practitionerId: requester.id }];
  const { answer } = await world.run(gateway, 'degraded:GetContext', {
    handle: patient.handle,
    scope,
    people,
  });
  return answer as DegradedContext;
}

/** An emergency about all segments of records, signed while the ledger stalls, and brought to it by the requester's hospital. */
async function reported(world: TestWorld, records: readonly PreparedRecord[]): Promise<unknown> {
  const segments = records.flatMap(({ request: { recordId, version }, vault }) =>
    vault.manifest.segments.map(({ segmentId }) => ({ recordId, version, segmentId })),
  );
  const statement = degradedStatementOf(world, { requester, patient, segments });
  const request: SignedDegradedRequest = signDegraded(world, statement, { requester, cosigner });
  const acknowledgements = [1, 2].map((at) =>
    acknowledgeDegraded(world, world.hospital(at).custodian, request),
  );
  await world.run(world.hospital(1).gateway, 'degraded:Report', { request, acknowledgements });
  return Object.entries(world.ledger.world()).find(([key]) => key.startsWith('degraded-request/'))?.[1];
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
    expect(versions).toContainEqual({ recordId: record.request.recordId, version: 1, author: author.mspId });
    expect(versions).toContainEqual({
      recordId: other.request.recordId,
      version: 1,
      author: author.mspId,
      cids,
    });
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
    expect(await contextOf(world, 'full')).toMatchObject({ mode: 'on', records: [], capsules: [] });
    expect(await reported(world, [record])).toMatchObject({ opened: { emergencyId: expect.any(String) } });
  });

  test('a withheld manifest keeps nothing else of the patient’s chart from an emergency while the ledger stalls', async () => {
    const world = base.fork();
    const summary = await world.store(author, patient, [{ category: 'summary' }]);
    const before = await contextOf(world, 'full');
    expect(before.capsules).toHaveLength(1);
    const other = await world.store(author, patient, [{ category: 'notes' }]);
    world.ledger.losePrivateData(other.request.recordId);
    for (const scope of ['summary', 'full'] as const) expect(await contextOf(world, scope)).toEqual(before);
    expect(summary.request.recordId).toBe(before.capsules[0]?.ref.recordId);
  });

  test('a withheld manifest puts no code beside an emergency that another peer would not put there', async () => {
    const world = base.fork();
    const summary = await world.store(author, patient, [{ category: 'summary' }]);
    const has = (await reported(world.fork(), [summary])) as object;
    world.ledger.losePrivateData(summary.request.recordId);
    const lacks = await reported(world.fork(), [summary]);
    for (const found of [has, lacks]) expect(found).not.toHaveProperty('opened.against');
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
    const { recordId } = record.request;
    await world.run(author, 'record:Erase', erasureBy(world, patient, recordId));
    const { gateway } = world.hospital(2);
    const asked = { pageSize: 100, recordId };
    expect((await world.run(gateway, 'record:ListPins', asked)).answer).toEqual({ versions: [] });
  });
});
