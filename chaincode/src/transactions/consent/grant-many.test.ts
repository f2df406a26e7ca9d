// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { AuditEntry } from '../../domain/audit.js';
import { MAX_GRANTS, type SignedConsent } from '../../domain/consent.js';
import { eventsIn } from '../../domain/events.js';
import type { Identity } from '../../testing/identity.js';
import type { TestPatient } from '../../testing/patient.js';
import { commit, endorse } from '../../testing/runner.js';
import { TestWorld } from '../../testing/world.js';
import { writesOf } from '../../testing/writes.js';

let base: TestWorld;
let carrier: Identity;
let ann: TestPatient;
let ben: TestPatient;

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch', 'Cedar'], false);
  carrier = await base.practitioner(base.hospital(1), 'nurse');
  ann = await base.patient(base.hospital(0));
  ben = await base.patient(base.hospital(2));
});

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });
const keyOf = ({ statement }: SignedConsent) => `consent/${statement.handle}/${statement.consentId}`;

function consentOf(world: TestWorld, patient: TestPatient, plan: object = {}): SignedConsent {
  return world.consent(patient, { grantee: { kind: 'hospital', mspId: base.hospital(1).mspId }, ...plan });
}

async function readLog(world: TestWorld, reader: Identity, scope: object): Promise<readonly AuditEntry[]> {
  world.ledger.advance(1);
  const auditReadId = world.ownId('auditRead', reader.mspId);
  const period = { from: world.at(-1000), until: world.at(1000) };
  await world.run(reader, 'audit:DeclareRead', { auditReadId, scope, ...period });
  const { answer } = await world.run(reader, 'audit:Query', { auditReadId, pageSize: 50 });
  return (answer as { entries: AuditEntry[] }).entries.filter(({ act }) => act === 'consent-granted');
}

describe('consent:GrantMany', () => {
  test('writes every consent as a grant would', async () => {
    const world = base.fork();
    const consents = [consentOf(world, ann), consentOf(world, ben), consentOf(world, ann)];
    const { stub, txId } = await endorse(world.ledger, carrier, 'consent:GrantMany', { consents });
    const writes = writesOf(stub);
    const standing = { v: 1, grantedAt: world.ledger.now, txId };
    for (const consent of consents) expect(writes[keyOf(consent)]).toEqual({ ...consent, ...standing });
  });

  test('fewer hospitals than a change needs grant nothing', async () => {
    const world = base.fork();
    const consents = [consentOf(world, ann), consentOf(world, ben)];
    const { stub } = await endorse(world.ledger, carrier, 'consent:GrantMany', { consents });
    expect(world.ledger.commit(stub, ['AlderMSP'])).toBe('ENDORSEMENT_POLICY_FAILURE');
    expect(world.ledger.commit(stub, ['BirchMSP', 'CedarMSP'])).toBe('VALID');
  });

  test('leaves each patient an entry that names nobody else, in the event, the logs and the receipts', async () => {
    const world = base.fork();
    const consents = [consentOf(world, ann), consentOf(world, ben), consentOf(world, ann)];
    const ids = (patient: TestPatient) =>
      consents
        .filter(({ statement }) => statement.handle === patient.handle)
        .map(({ statement }) => statement.consentId);
    const { stub, txId } = await endorse(world.ledger, carrier, 'consent:GrantMany', { consents });
    commit(world.ledger, stub);
    const expected = [ann, ben].map((patient) => ({
      handle: patient.handle,
      consentIds: ids(patient),
      txId,
    }));
    expect(eventsIn(new TextDecoder().decode(stub.event?.payload))).toMatchObject(expected);
    const auditor = await world.practitioner(world.hospital(2), 'auditor');
    for (const [position, { handle }] of [ann, ben].entries()) {
      const entries = await readLog(world, auditor, { kind: 'handle', handle });
      expect(entries).toMatchObject([expected[position]]);
      const receipt = await world.run(carrier, 'audit:GetEntry', { txId, handle });
      expect(receipt.answer).toEqual(entries[0]);
    }
    const ofHospital = { kind: 'hospital', mspId: 'BirchMSP' };
    expect(await readLog(world, auditor, ofHospital)).toMatchObject(expected);
    const stranger = (await world.patient(world.hospital(0))).handle;
    await refuse(world.run(carrier, 'audit:GetEntry', { txId, handle: stranger }), 'NOT_FOUND');
    await refuse(world.run(auditor, 'audit:GetEntry', { txId, handle: ben.handle }), 'NOT_FOUND');
  });

  test.each<[string, string, (world: TestWorld, good: SignedConsent) => SignedConsent]>([
    [
      'a wrong signature',
      'SIGNATURE_INVALID',
      (world, good) => ({ ...consentOf(world, ann), signature: good.signature }),
    ],
    ['a later version', 'BAD_REQUEST', (world) => consentOf(world, ann, { version: 2 })],
    ['the same consent twice', 'BAD_REQUEST', (_world, good) => good],
    [
      'a consent that is over',
      'STATEMENT_EXPIRED',
      (world) => consentOf(world, ann, { validFrom: world.at(-9), validUntil: world.ledger.now }),
    ],
  ])('refuses all for %s', async (_what, code, bad) => {
    const world = base.fork();
    const good = consentOf(world, ben);
    const consents = [good, bad(world, good)];
    await refuse(world.run(carrier, 'consent:GrantMany', { consents }), code);
  });

  test('refuses what stands on the ledger already, nothing, and more than its limit', async () => {
    const world = base.fork();
    const known = consentOf(world, ann);
    const run = (consents: readonly SignedConsent[]) => world.run(carrier, 'consent:GrantMany', { consents });
    await run([known]);
    await refuse(run([consentOf(world, ben), known]), 'ALREADY_EXISTS');
    await refuse(run([]), 'BAD_REQUEST');
    const many = Array.from({ length: MAX_GRANTS + 1 }, () => consentOf(world, ann));
    await refuse(run(many), 'BAD_REQUEST');
    await expect(run(many.slice(1))).resolves.toBeDefined();
  });
});
