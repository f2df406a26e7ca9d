// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { instantOf, LONE_REVIEW_DUE_MS, type EnrolmentId } from '@tutela/chaincode/domain';
import { noticesRequest, ownAuditRead, TestWorld, type TestPatient } from '@tutela/chaincode/testing';
import { TestConsortium } from '../testing/index.js';
import { openWholeDoor, type WholeDoor } from './testing/whole-door.js';

type Asked = { at: string; emergencyId: string; publicKey: { challenge: string } };

let founded: TestWorld;
let consortium: TestConsortium;
let alder: WholeDoor;
let birch: WholeDoor;
let patient: TestPatient;
let author: string;
let reader: string;
let readerId: string;
let recordId: string;

beforeAll(async () => {
  founded = await TestWorld.found();
});
beforeEach(async () => {
  consortium = new TestConsortium(founded.fork());
  alder = await openWholeDoor(consortium.gateway(0));
  birch = await openWholeDoor(consortium.gateway(1));
  patient = await consortium.world.patient(alder.gateway.hospital);
  author = await tokenOf(alder, 'physician');
  const person = await birch.gateway.person('physician');
  readerId = person.practitionerId;
  reader = await birch.tokenFor(person.practitionerId);
  recordId = await storeAt('laboratory');
});
afterEach(async () => {
  await Promise.all([alder.close(), birch.close()]);
});

async function tokenOf(
  door: WholeDoor,
  role: Parameters<WholeDoor['gateway']['person']>[0],
): Promise<string> {
  return door.tokenFor((await door.gateway.person(role)).practitionerId);
}
async function storeAt(category: string): Promise<string> {
  const path = `/v1/records?handle=${patient.handle}&month=2026-01&category=${category}`;
  const answer = await alder.ask(author, 'POST', path, 'potassium 4.1');
  return ((await answer.json()) as { recordId: string }).recordId;
}
const open = (id: string) => birch.ask(reader, 'GET', `/v1/records/${id}/content?purpose=TREAT`);

const emergency = () => ({
  ...{ handle: patient.handle, reason: 'unconscious', reasonHash: 'A'.repeat(43) },
  ...{ scope: 'summary', timeBoxMinutes: 5 },
});

/** Breaks the glass as a person's page does: asks what to sign, has the device sign it, and sends both. */
async function breakGlass(token = reader, practitionerId = readerId): Promise<Response> {
  const { deps } = birch.gateway;
  const person = deps.identities.identityOf({
    kind: 'practitioner',
    practitionerId: practitionerId as EnrolmentId,
  });
  const device = await consortium.world.passkey(person);
  const intended = { act: 'open-emergency', emergency: emergency() };
  const answer = await birch.ask(token, 'POST', '/v1/step-ups', intended);
  const { at, emergencyId, publicKey } = (await answer.json()) as Asked;
  expect(publicKey).toMatchObject({ rpId: device.rpId, allowCredentials: [{ id: device.credentialId }] });
  const stepUp = { at, assertion: device.respond(publicKey.challenge) };
  return birch.ask(token, 'POST', '/v1/emergencies', { ...emergency(), emergencyId, stepUp });
}

/** A reading of the own log through the patient's hospital, as the patient's app signs it. */
const ownReading = (of: TestPatient) => ownAuditRead(consortium.world, of, of.mspId, { from: instantOf(0) });

describe('the exposure report', () => {
  test('names what was opened, by whom, when and under what; refusals and other patients are not in it', async () => {
    const consent = consortium.world.consent(patient, {
      grantee: { kind: 'hospital', mspId: birch.gateway.mspId },
      categories: ['laboratory'],
    });
    expect((await open(recordId)).status).toBe(404);
    await alder.ask(author, 'POST', '/v1/consents', consent);
    expect((await open(recordId)).status).toBe(200);
    const secret = await storeAt('genetics');
    expect((await open(secret)).status).toBe(404);
    consortium.world.ledger.advance(1_000);
    const declared = await alder.ask(author, 'POST', '/v1/audit-reads', ownReading(patient));
    expect(declared.status).toBe(201);
    const { auditReadId } = (await declared.json()) as { auditReadId: string };
    const answer = await alder.ask(author, 'GET', `/v1/audit-reads/${auditReadId}/exposure`);
    const segments = [
      { recordId, version: 1, segmentId: expect.any(String), consentId: consent.statement.consentId },
    ];
    const requester = { mspId: 'BirchMSP', practitionerId: readerId, role: 'physician' };
    const basis = { kind: 'consent' };
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        exposures: [
          expect.objectContaining({ requester: expect.objectContaining(requester), basis, segments }),
        ],
        keysKnown: [{ recordId, version: 1, segmentId: expect.any(String) }],
      },
    ]);
  });

  test('attack 18: nobody reads it but who declared it, and nobody declares it without the patient or the office', async () => {
    const body = ownReading(patient);
    expect((await birch.ask(reader, 'POST', '/v1/audit-reads', body)).status).toBe(422);
    await alder.ask(author, 'POST', '/v1/audit-reads', body);
    const path = `/v1/audit-reads/${body.auditReadId}/exposure`;
    expect((await alder.ask(await tokenOf(alder, 'auditor'), 'GET', path)).status).toBe(404);
    expect((await birch.ask(reader, 'GET', path)).status).toBe(404);
    const { from, until } = body;
    const unsigned = { scope: { kind: 'handle', handle: patient.handle }, from, until };
    expect((await birch.ask(reader, 'POST', '/v1/audit-reads', unsigned)).status).toBe(403);
    const foreign = await tokenOf(birch, 'privacy-officer');
    expect((await birch.ask(foreign, 'POST', '/v1/audit-reads', unsigned)).status).toBe(403);
  });
});

describe('notices of an emergency', () => {
  test('are fetched by the offices and the patient, and delivered from then on', async () => {
    const opened = await breakGlass();
    const { emergencyId } = (await opened.json()) as { emergencyId: string };
    const seen = async (answer: Response) => {
      const { notices, txId } = (await answer.json()) as { notices: object[]; txId: string };
      const delivered = { txId };
      expect(notices).toMatchObject([{ emergencyId, cause: 'opened', delivered }]);
    };
    for (const door of [alder, birch])
      await seen(await door.ask(await tokenOf(door, 'privacy-officer'), 'GET', '/v1/notices'));
    expect((await birch.ask(reader, 'GET', '/v1/notices')).status).toBe(403);
    const { patient: request } = noticesRequest(consortium.world, patient, birch.gateway.mspId);
    expect((await alder.ask(author, 'POST', `/v1/patients/${patient.handle}/notices`, request)).status).toBe(
      403,
    );
    await seen(await birch.ask(reader, 'POST', `/v1/patients/${patient.handle}/notices`, request));
    const metrics = await alder.ask(author, 'GET', '/v1/emergencies/metrics');
    const { hospitals } = (await metrics.json()) as { hospitals: { noticesPending: number }[] };
    expect(hospitals.map(({ noticesPending }) => noticesPending)).toEqual([0, 0, 0]);
  });
});

describe('reviews that are due', () => {
  type Metrics = { hospitals: { mspId: string; overdue: number; quota: number; awaitingReview: number }[] };
  const metricsOf = async (mspId: string) => {
    const answer = await alder.ask(author, 'GET', '/v1/emergencies/metrics');
    return ((await answer.json()) as Metrics).hospitals.find((one) => one.mspId === mspId);
  };

  test('the officers of the hospital see them, others do not, and everyone sees the counts', async () => {
    const opened = await breakGlass();
    expect(opened.status).toBe(201);
    const { emergencyId } = (await opened.json()) as { emergencyId: string };
    const officer = await tokenOf(birch, 'privacy-officer');
    const due = await birch.ask(officer, 'GET', '/v1/emergencies/due-reviews');
    const text = await due.text();
    expect(JSON.parse(text)).toMatchObject({ emergencies: [{ emergencyId, state: 'requested' }] });
    expect(text).not.toMatch(/personTag|certificate/);
    expect((await birch.ask(reader, 'GET', '/v1/emergencies/due-reviews')).status).toBe(403);
    const other = await tokenOf(alder, 'privacy-officer');
    const elsewhere = await alder.ask(other, 'GET', '/v1/emergencies/due-reviews');
    expect(await elsewhere.json()).toEqual({ emergencies: [] });
    expect(await metricsOf('BirchMSP')).toMatchObject({ awaitingReview: 1, overdue: 0, quota: 50 });
    expect(await metricsOf('AlderMSP')).toMatchObject({ awaitingReview: 0, overdue: 0, quota: 50 });
  });

  test('a review that is forgotten takes the right away and halves the quota, by itself', async () => {
    await breakGlass();
    consortium.world.ledger.advance(LONE_REVIEW_DUE_MS);
    expect(await metricsOf('BirchMSP')).toMatchObject({ overdue: 1, quota: 25 });
    const again = await breakGlass();
    expect(await again.json()).toMatchObject({ code: 'EMERGENCY_SUSPENDED' });
    const { practitionerId } = await birch.gateway.person('physician');
    expect((await breakGlass(await birch.tokenFor(practitionerId), practitionerId)).status).toBe(201);
  });
});
