// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { SoftAuthenticator } from '@tutela/crypto/testing';
import { declare, grant, openOnly, openSegment, personGrantee } from '../support/clinic.js';
import { openEmergency, vouchForEmergency } from '../support/emergencies.js';
import { insiderPerson, answerOf } from '../support/insider-person.js';
import { insider, insiderSettings } from '../support/insider.js';
import { LedgerClient, ledgerRefusal } from '../support/ledger-client.js';
import { ownId, randomBytes32 } from '../support/random-id.js';
import { refusalOf } from '../support/rest-problem.js';
import { useScene } from '../support/scene.js';

describe('who is asking', () => {
  const scene = useScene();

  test('attack 1: a hospital that grants itself another hospital’s patient is refused, by REST and on the ledger', async () => {
    const { away, patient, otherPatient, stranger } = scene();
    const wish = { grantee: personGrantee(away.mspId, stranger), categories: ['laboratory'] } as const;
    const forged = otherPatient.signed(patient.consentStatement(wish));
    expect(await refusalOf(stranger.post('/v1/consents', forged))).toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
    const ledger = insider(away, 'registrar');
    const refusal = await ledgerRefusal(ledger.submit('consent:Grant', forged));
    ledger.close();
    expect(refusal.code).toBe('SIGNATURE_INVALID');
    const { recordId } = scene().record;
    expect(await refusalOf(declare(stranger, { patient, recordId }))).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('attack 2: a revocation in another patient’s name, or for another handle, changes nothing', async () => {
    const { consentId, otherPatient, patient, physician, reader, record, content } = scene();
    const path = `/v1/consents/${consentId}/revocation`;
    const own = patient.revocation(consentId);
    const inHisName = otherPatient.signed(own.statement);
    expect(await refusalOf(physician.post(path, inHisName))).toMatchObject({ code: 'SIGNATURE_INVALID' });
    const ofHerOwn = otherPatient.revocation(consentId);
    expect(await refusalOf(physician.post(path, ofHerOwn))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await openOnly(reader, { patient, recordId: record.recordId })).toEqual(content);
  });

  test('attack 3: a system speaks for no practitioner of another hospital', async () => {
    const { away, physician } = scene();
    const impostor = away.gateway.session(away.system, physician.practitionerId);
    const refusal = await refusalOf(impostor.get('/v1/consents?handle=pt_AAAAAAAAAAAAAAAAAAAAAA'));
    expect(refusal.status).toBe(400);
    expect(refusal.message).toContain('"error":"invalid_grant"');
  });

  test('attack 4: requester and co-signer are two persons of a clinician’s role', async () => {
    const { away, consortium, otherPatient, stranger } = scene();
    const { emergencyId } = await openEmergency(stranger, otherPatient);
    const self = await refusalOf(vouchForEmergency(stranger, emergencyId, 'cosignature'));
    expect(self.code).toBe('EMERGENCY_SAME_PERSON');
    const pharmacist = await consortium.person(away, 'pharmacist');
    const role = await refusalOf(vouchForEmergency(pharmacist, emergencyId, 'cosignature'));
    expect(role.code).toBe('CALLER_NOT_ENTITLED');
    const view = await stranger.get(`/v1/emergencies/${emergencyId}`);
    expect(view).toMatchObject({ state: 'requested' });
  });

  test('attack 4: a gateway that has a clinician’s certified key cannot break the glass without the clinician’s device', async () => {
    const { away, otherPatient, patient } = scene();
    const clinician = await insiderPerson(away, 'physician');
    const { handle } = otherPatient;
    const facts = {
      ...{
        emergencyId: ownId('emergency', away.mspId),
        handle,
        reason: 'unconscious',
        reasonHash: randomBytes32(),
      },
      ...{ scope: 'summary', timeBoxMinutes: 15 },
    };
    const open = (request: object) => clinician.ledger.submit('emergency:Open', request);
    const refused = async (request: object) => (await ledgerRefusal(open(request))).code;
    const about = (subject: object, device = clinician.device) =>
      answerOf(device, clinician, { act: 'open-emergency', subject });
    const own = new SoftAuthenticator();
    expect(await refused(facts)).toBe('BAD_REQUEST');
    expect(await refused({ ...facts, stepUp: about(facts, own) })).toBe('STEP_UP_REQUIRED');
    const elsewhere = about({ ...facts, handle: patient.handle });
    expect(await refused({ ...facts, stepUp: elsewhere })).toBe('STEP_UP_INVALID');
    expect((await open({ ...facts, stepUp: about(facts) })).answer).toMatchObject({ state: 'requested' });
    clinician.ledger.close();
  });

  test('attack 5: a certificate under another hospital’s name is no identity', async () => {
    const { away, home } = scene();
    const posing = new LedgerClient({ ...insiderSettings(away, 'registrar'), mspId: home.mspId });
    await expect(posing.evaluate('registry:ListHospitals', {})).rejects.toThrow(
      /PERMISSION_DENIED|access denied|UNAUTHENTICATED/i,
    );
    posing.close();
  });

  test('attack 6: a suspended practitioner acts no more, and a role that changed a block ago counts', async () => {
    const { away, consortium, patient, physician, record } = scene();
    const doctor = await consortium.person(away, 'physician');
    await grant(physician, patient, {
      grantee: personGrantee(away.mspId, doctor),
      categories: ['laboratory'],
    });
    const reading = { patient, recordId: record.recordId };
    await declare(doctor, reading);
    const path = `/v1/practitioners/${doctor.practitionerId}`;
    await away.administrator.write('PATCH', path, { role: 'pharmacist' });
    expect(await refusalOf(declare(doctor, reading))).toMatchObject({ code: 'NOT_FOUND' });
    await away.administrator.write('PATCH', path, { role: 'physician', status: 'suspended' });
    const refusal = await refusalOf(declare(doctor, reading));
    expect(refusal).toMatchObject({ status: 401, code: 'CALLER_UNKNOWN' });
  });

  test('attack 7: yesterday’s signed consent cannot be replayed, nor its words widened', async () => {
    const { away, home, patient, physician, stranger } = scene();
    const wish = { grantee: personGrantee(away.mspId, stranger), categories: ['genetics'] } as const;
    const signed = patient.consent(wish);
    await physician.post('/v1/consents', signed);
    const { consentId } = signed.statement;
    await physician.post(`/v1/consents/${consentId}/revocation`, patient.revocation(consentId));
    const ledger = insider(home, 'gateway');
    const replay = await ledgerRefusal(ledger.submit('consent:Grant', signed));
    ledger.close();
    expect(replay.code).toBe('ALREADY_EXISTS');
    const wider = { ...signed, statement: { ...signed.statement, categories: ['genetics', 'notes'] } };
    expect(await refusalOf(physician.post('/v1/consents', wider))).toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
  });

  test('attack 7: a reader’s committed intent that is sent to the orderers again is not spoiled', async () => {
    const { away, consortium, content, patient, physician, reader, record } = scene();
    const intent = await declare(reader, { patient, recordId: record.recordId });
    const ledger = insider(consortium.at(2), 'gateway');
    await ledger.sendAgain(intent.txId);
    ledger.close();
    // Whatever is ordered later stands in a later place: with it, every hospital has the copy.
    await grant(physician, patient, { grantee: personGrantee(away.mspId, reader), categories: ['notes'] });
    const segmentId = record.segments[0]?.segmentId ?? '';
    expect(await openSegment(reader, intent, segmentId)).toEqual(content);
  });

  test('attack 8: an administrator grants nothing, and a registrar swaps no patient’s key', async () => {
    const { away, home, otherPatient, patient, stranger } = scene();
    const wish = { grantee: personGrantee(away.mspId, stranger), categories: ['laboratory'] } as const;
    const forged = otherPatient.signed(patient.consentStatement(wish));
    const asAdministrator = await refusalOf(home.administrator.post('/v1/consents', forged));
    expect(asAdministrator.code).toBe('SIGNATURE_INVALID');
    const swapped = { ...otherPatient.registration(), handle: patient.handle };
    const refusal = await refusalOf(home.administrator.post('/v1/patients', swapped));
    expect(refusal.code).toBe('SIGNATURE_INVALID');
  });

  test('attack 8: who may not register registers nobody', async () => {
    const { physician, home } = scene();
    const person = { role: 'physician', department: 'general', personKey: randomBytes32() };
    const refusal = await refusalOf(physician.post('/v1/practitioners', person));
    expect(refusal.code).toBe('CALLER_NOT_ENTITLED');
    const ledger = insider(home, 'gateway');
    const request = {
      practitionerId: 'pr_intruder',
      role: 'physician',
      department: 'general',
      personTag: randomBytes32(),
    };
    expect(await ledgerRefusal(ledger.submit('registry:RegisterPractitioner', request))).toMatchObject({
      code: 'CALLER_NOT_ENTITLED',
    });
    ledger.close();
  });
});
