// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Identity } from '../../testing/identity.js';
import type { TestPatient } from '../../testing/patient.js';
import type { PreparedRecord } from '../../testing/record.js';
import { commit, endorse } from '../../testing/runner.js';
import { TestWorld } from '../../testing/world.js';
import { writesOf } from '../../testing/writes.js';

let base: TestWorld;
let physician: Identity;
let reader: Identity;
let patient: TestPatient;
let record: PreparedRecord;

beforeAll(async () => {
  base = await TestWorld.found();
  physician = await base.practitioner(base.hospital(0), 'physician');
  reader = await base.practitioner(base.hospital(1), 'physician');
  patient = await base.patient(base.hospital(0));
  record = await base.store(physician, patient, [{ category: 'summary' }, { category: 'genetics' }]);
});

describe('access:DeclareIntent', () => {
  test('a permitted intent is written with its answer for each segment, its audit entry and nothing else', async () => {
    const world = base.fork();
    const consent = await world.grant(patient, { grantee: grantee(), categories: ['summary'], maxReads: 3 });
    const request = world.intentRequest(reader, record);
    const { stub, txId, answer } = await endorse(world.ledger, reader, 'access:DeclareIntent', request);
    const [summary, genetics] = request.segments as readonly object[];
    const { consentId } = consent.statement;
    const intent = {
      ...request,
      v: 1,
      txId,
      requester: { mspId: 'BirchMSP', practitionerId: reader.id, role: 'physician', department: 'ward' },
      certificate: expect.stringMatching(/^[0-9a-f]{64}$/),
      declaredAt: '2026-03-01T08:00:00.000Z',
      expiresAt: '2026-03-01T08:15:00.000Z',
      segments: [
        { ...summary, decision: 'permit', consentId },
        { ...genetics, decision: 'deny', code: 'NO_CONSENT' },
      ],
    };
    expect(answer).toEqual(intent);
    const id = String(request.intentId);
    const [counter, ...others] = countersIn(writesOf(stub));
    expect(counter).toMatch(new RegExp(`^read/${patient.handle}/${consentId}/0000001/000000[0-2]$`));
    expect(others).toEqual([]);
    expect(writesOf(stub)).toEqual({
      [`intent/${id}`]: intent,
      [String(counter)]: { v: 1, count: 1 },
      [`audit/${txId}`]: {
        v: 1,
        txId,
        at: '2026-03-01T08:00:00.000Z',
        act: 'intent-declared',
        actor: { mspId: 'BirchMSP', id: reader.id, role: 'physician' },
        outcome: 'partly-refused',
        codes: ['NO_CONSENT'],
        handle: patient.handle,
        purpose: 'TREAT',
        intentId: id,
        recordIds: [record.request.recordId],
        consentIds: [consentId],
      },
      [`audit-handle~${patient.handle}~2026-03-01T08:00:00.000Z~${txId}`]: { v: 1 },
      [`audit-hospital~BirchMSP~2026-03-01T08:00:00.000Z~${reader.id}~${txId}`]: { v: 1 },
    });
    expect(stub.event?.name).toBe('tutela.v1');
    commit(world.ledger, stub);
  });

  test('a refused intent is recorded with its reason and counts no read', async () => {
    const world = base.fork();
    const intent = await world.declare(reader, record);
    expect(intent.segments.map((segment) => segment.decision === 'deny' && segment.code)).toEqual([
      'NO_CONSENT',
      'NO_CONSENT',
    ]);
    expect(countersIn(world.ledger.world())).toEqual([]);
    expect(world.ledger.world()[`audit/${intent.txId}`]).toMatchObject({
      outcome: 'refused',
      codes: ['NO_CONSENT'],
    });
  });

  test('a segment that does not exist, or is of another handle, is denied as not found', async () => {
    const world = base.fork();
    const other = await world.patient(world.hospital(0));
    await world.grant(other, { grantee: grantee() });
    const foreign = await world.declare(reader, record, { handle: other.handle });
    const unknown = await world.declare(reader, record, {
      segments: [{ recordId: world.names.id('record'), version: 1, segmentId: world.names.id('segment') }],
    });
    for (const segment of [...foreign.segments, ...unknown.segments])
      expect(segment).toMatchObject({ decision: 'deny', code: 'NOT_FOUND' });
  });

  test('an intent is declared once, names a segment once, and only by an active practitioner', async () => {
    const world = base.fork();
    const request = world.intentRequest(reader, record);
    await world.run(reader, 'access:DeclareIntent', request);
    await expect(world.run(reader, 'access:DeclareIntent', request)).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    const [first] = request.segments as readonly object[];
    const twice = world.intentRequest(reader, record, { segments: [first, first] });
    await expect(world.run(reader, 'access:DeclareIntent', twice)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    const { gateway } = world.hospital(1);
    const fresh = world.intentRequest(reader, record);
    await expect(world.run(gateway, 'access:DeclareIntent', fresh)).rejects.toMatchObject({
      code: 'CALLER_NOT_ENTITLED',
    });
  });
});

function countersIn(state: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(state).filter((key) => key.startsWith('read/'));
}

function grantee() {
  return { kind: 'hospital', mspId: base.hospital(1).mspId } as const;
}
