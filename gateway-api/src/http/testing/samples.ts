// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { ID_PREFIXES } from '@tutela/chaincode/domain';
import { SoftAuthenticator } from '@tutela/crypto/testing';
import { newId } from './door.js';

export const TX = '0'.repeat(64);
export const AT = '2026-01-31T08:00:00.000Z';
export const B32: string = 'A'.repeat(43);
export const NONCE = 'A'.repeat(22);
export const SIGNATURE = 'A'.repeat(86);
export const id: Readonly<Record<keyof typeof ID_PREFIXES, string>> = Object.fromEntries(
  Object.keys(ID_PREFIXES).map((kind) => [kind, newId(kind as keyof typeof ID_PREFIXES)]),
) as Record<keyof typeof ID_PREFIXES, string>;

export const consentStatement = {
  ...{ v: 1, kind: 'consent', channel: 'tutela', consentId: id.consent, version: 1, handle: id.handle },
  ...{ decision: 'permit', grantee: { kind: 'hospital', mspId: 'BirchMSP' }, categories: ['laboratory'] },
  ...{
    purposes: ['TREAT'],
    validFrom: AT,
    validUntil: '2027-01-31T08:00:00.000Z',
    signedAt: AT,
    nonce: NONCE,
  },
};
export const signedConsent = { statement: consentStatement, signature: SIGNATURE };
export const consent = { v: 1, ...signedConsent, grantedAt: AT, txId: TX };
export const revocation = {
  statement: {
    ...{ v: 1, kind: 'revocation', channel: 'tutela', consentId: id.consent, handle: id.handle },
    ...{ reason: 'patient-request', signedAt: AT, nonce: NONCE },
  },
  signature: SIGNATURE,
};
export const suspension = {
  statement: {
    ...{ v: 1, kind: 'suspension', channel: 'tutela', mspId: 'BirchMSP', practitionerId: id.practitioner },
    ...{ reason: 'key-stolen', signedAt: AT, nonce: NONCE },
  },
  signatures: [{ mspId: 'CedarMSP', practitionerId: id.practitioner, signature: SIGNATURE }],
};
export const erasure = {
  statement: {
    ...{ v: 1, kind: 'erasure', channel: 'tutela', erasureId: id.erasure, recordId: id.record },
    ...{ handle: id.handle, signedAt: AT, nonce: NONCE },
  },
  signature: SIGNATURE,
};
export const contest = {
  statement: {
    ...{
      v: 1,
      kind: 'contest',
      channel: 'tutela',
      emergencyId: id.emergency,
      handle: id.handle,
      nonce: NONCE,
    },
  },
  signature: SIGNATURE,
};
export const who = { mspId: 'AlderMSP', practitionerId: id.practitioner, at: AT, txId: TX };
export const secretWho = { ...who, certificate: 'c'.repeat(64), personTag: B32 };
export const device = new SoftAuthenticator('alder.example');
/** An answer of a device as a page sends it, and as services take it. */
export const pageAnswer = device.respond(B32);
export const stepUp = { at: AT, assertion: { credentialId: pageAnswer.id, ...pageAnswer.response } };
export const stepUpSent = { at: AT, assertion: pageAnswer };
export const passkeySent = {
  ...{ credentialId: device.credentialId, rpId: device.rpId, publicKey: device.subjectPublicKeyInfo },
};
export const passkey = { ...passkeySent, publicKey: device.publicKey };
export const newEmergency = {
  ...{ handle: id.handle, reason: 'unconscious', reasonHash: B32, scope: 'full', timeBoxMinutes: 30 },
};
export const emergency = {
  ...{ ...newEmergency, v: 1, emergencyId: id.emergency, state: 'requested', requester: secretWho },
  ...{ expiresAt: AT, reviewDueAt: AT, contests: [] },
  reviews: [{ ...secretWho, verdict: 'abuse', findingsHash: B32 }],
};
export const emergencyShown = {
  ...{ ...emergency, requester: who, v: undefined },
  reviews: [{ ...who, verdict: 'abuse', findingsHash: B32 }],
};
export const stepped = { emergency, txId: TX };
export const segment = { recordId: id.record, version: 1, segmentId: id.segment };
export const desiredEmergency = {
  ...{ handle: id.handle, reason: 'unconscious', reasonHash: B32, scope: 'summary', timeBoxMinutes: 30 },
};
export const degradedStatement = {
  ...{ ...desiredEmergency, v: 1, kind: 'degraded-emergency', channel: 'tutela', sessionKey: B32 },
  ...{ requester: { mspId: 'BirchMSP', practitionerId: id.practitioner }, segments: [segment] },
  ...{ declaredAt: AT, nonce: NONCE },
};
export const degradedSignature = {
  ...{ mspId: 'BirchMSP', practitionerId: id.practitioner, certificate: 'MIIB', signature: SIGNATURE },
  assertion: stepUp.assertion,
};
export const draftId = `dg_${NONCE}`;
export const permitted = { ...segment, decision: 'permit', consentId: id.consent };
export const refused = { ...segment, segmentId: newId('segment'), decision: 'deny', code: 'CONSENT_DENIED' };
export const stored = {
  ...{ recordId: id.record, version: 1, manifestHash: B32, txId: TX, hospitals: 3 },
  segments: [{ segmentId: id.segment, category: 'laboratory', size: 10 }],
};
export const summary = {
  ...{
    recordId: id.record,
    version: 1,
    handle: id.handle,
    author: 'AlderMSP',
    registeredAt: AT,
    manifestHash: B32,
  },
  segments: [
    { segmentId: id.segment, category: 'laboratory', class: 'standard', month: '2026-01', size: 10 },
  ],
};
export const upload = { uploadId: 'up_1', offset: 5, expiresAt: AT };
export const system = { v: 1, mspId: 'AlderMSP', status: 'active', registeredAt: AT };
export const person = { role: 'physician', department: 'surgery', personKey: 'staff-7' };
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
export const newSystem = {
  name: 'Ward system',
  jwk: publicKey.export({ format: 'jwk' }),
  scopes: ['records.read'],
};
export const patient = { handle: id.handle, publicKey: `B${'A'.repeat(86)}`, nonce: NONCE, proof: SIGNATURE };
export const entry = {
  ...{ v: 1, txId: TX, at: AT, act: 'intent-declared', outcome: 'refused', codes: ['NO_CONSENT'] },
  actor: { mspId: 'AlderMSP', id: id.practitioner, role: 'physician' },
};
export const exposure = {
  ...{ intentId: id.intent, txId: TX, declaredAt: AT, purpose: 'TREAT', basis: { kind: 'consent' } },
  requester: {
    mspId: 'AlderMSP',
    practitionerId: id.practitioner,
    role: 'physician',
    department: 'surgery',
  },
  segments: [permitted],
};
export const metrics = {
  ...{ mspId: 'AlderMSP', opened: 3, openedInWindow: 1, awaitingReview: 2, overdue: 1 },
  ...{ upheld: 1, abuse: 0, contested: 1, quota: 25, noticesPending: 2, noticesOverdue: 1 },
};
export const retirement = {
  ...{ v: 1, recordId: id.record, version: 1, replacedBy: 2, handle: id.handle, orderedAt: AT, txId: TX },
  by: { mspId: 'AlderMSP', practitionerId: id.practitioner },
  confirmations: { AlderMSP: { at: AT, blocksRemoved: 1, blocksHash: B32, txId: TX } },
  complete: false,
};
export const notice = {
  ...{ v: 1, emergencyId: id.emergency, handle: id.handle, cause: 'opened', at: AT, txId: TX },
  recipient: { kind: 'privacy-office', mspId: 'AlderMSP' },
  delivered: { at: AT, txId: TX, through: 'AlderMSP', by: id.practitioner },
};
export const noticesRequest = {
  statement: {
    ...{ v: 2, kind: 'notices', channel: 'tutela', handle: id.handle, through: 'AlderMSP' },
    ...{ signedAt: AT, nonce: NONCE },
  },
  signature: SIGNATURE,
};

export const newKey = { publicKey: patient.publicKey, nonce: NONCE, proof: SIGNATURE };
export const rotation = {
  ...{ v: 1, handle: id.handle, mspId: 'AlderMSP', publicKey: patient.publicKey, keyVersion: 2 },
  ...{ requestedAt: AT, requestedBy: 'registrar', txId: TX },
  approval: { mspId: 'BirchMSP', id: 'registrar', at: AT, txId: TX },
};
export const namedRotation = { publicKey: patient.publicKey, requestTxId: TX };
export const veto = {
  statement: {
    ...{ v: 1, kind: 'key-rotation-veto', channel: 'tutela', handle: id.handle },
    ...{ publicKey: patient.publicKey, signedAt: AT, nonce: NONCE },
  },
  signature: SIGNATURE,
};

const retirementAbout = {
  ...{ channel: 'tutela', handle: id.handle, recordId: id.record, version: 1 },
  ...{ signedAt: AT, nonce: NONCE },
};
export const retirementWord = {
  statement: { ...retirementAbout, v: 2, kind: 'retirement', manifestHash: B32 },
  signature: SIGNATURE,
};
export const objection = {
  statement: { ...retirementAbout, v: 1, kind: 'retirement-objection', orderTxId: TX },
  signature: SIGNATURE,
};

const guardian = {
  channel: 'tutela',
  handle: id.handle,
  guardianId: id.guardian,
  signedAt: AT,
  nonce: NONCE,
};
export const newGuardian = {
  statement: { v: 1, kind: 'guardian', ...guardian, publicKey: patient.publicKey },
  signature: SIGNATURE,
  proof: SIGNATURE,
};
export const removal = { statement: { v: 1, kind: 'guardian-removal', ...guardian }, signature: SIGNATURE };
export const standingGuardian = {
  ...{ guardianId: id.guardian, handle: id.handle, publicKey: patient.publicKey },
  ...{ registeredBy: 'patient', registeredAt: AT, txId: TX },
};
