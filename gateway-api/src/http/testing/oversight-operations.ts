// SPDX-License-Identifier: Apache-2.0
import type { Row } from './operations.js';
import {
  degradedSignature,
  degradedStatement,
  desiredEmergency,
  draftId,
  id,
  namedRotation,
  newEmergency,
  newGuardian,
  newKey,
  noticesRequest,
  objection,
  pageAnswer,
  passkey,
  passkeySent,
  removal,
  retirementWord,
  stepUp,
  stepUpSent,
  suspension,
  veto,
} from './samples.js';

/** What keeps access answered for: exposure and reseal, reviews and their counts. */
export const oversight: readonly Row[] = [
  [
    'readExposure',
    {
      method: 'GET',
      path: `/v1/audit-reads/${id.auditRead}/exposure?limit=20`,
      described: '/v1/audit-reads/{auditReadId}/exposure',
    },
    200,
    ['exposure', { auditReadId: id.auditRead, pageSize: 20 }],
  ],
  [
    'registerGuardian',
    {
      method: 'POST',
      path: `/v1/patients/${id.handle}/guardians`,
      described: '/v1/patients/{handle}/guardians',
      body: newGuardian,
    },
    201,
    ['registerGuardian', newGuardian],
  ],
  [
    'listGuardians',
    {
      method: 'GET',
      path: `/v1/patients/${id.handle}/guardians`,
      described: '/v1/patients/{handle}/guardians',
    },
    200,
    ['listGuardians', id.handle],
  ],
  [
    'removeGuardian',
    {
      method: 'POST',
      path: `/v1/patients/${id.handle}/guardians/${id.guardian}/removal`,
      described: '/v1/patients/{handle}/guardians/{guardianId}/removal',
      body: removal,
    },
    200,
    ['removeGuardian', removal],
  ],
  [
    'requestKeyRotation',
    {
      method: 'POST',
      path: `/v1/patients/${id.handle}/key-rotation`,
      described: '/v1/patients/{handle}/key-rotation',
      body: newKey,
    },
    201,
    ['requestKeyRotation', { handle: id.handle, ...newKey }],
  ],
  [
    'approveKeyRotation',
    {
      method: 'POST',
      path: `/v1/patients/${id.handle}/key-rotation/approval`,
      described: '/v1/patients/{handle}/key-rotation/approval',
      body: namedRotation,
    },
    200,
    ['approveKeyRotation', { handle: id.handle, ...namedRotation }],
  ],
  [
    'cancelKeyRotation',
    {
      method: 'POST',
      path: `/v1/patients/${id.handle}/key-rotation/cancellation`,
      described: '/v1/patients/{handle}/key-rotation/cancellation',
      body: { ...namedRotation, veto },
    },
    200,
    ['cancelKeyRotation', { handle: id.handle, ...namedRotation, veto }],
  ],
  [
    'completeKeyRotation',
    {
      method: 'POST',
      path: `/v1/patients/${id.handle}/key-rotation/completion`,
      described: '/v1/patients/{handle}/key-rotation/completion',
      body: namedRotation,
    },
    200,
    ['completeKeyRotation', { handle: id.handle, ...namedRotation }],
  ],
  [
    'getKeyRotation',
    {
      method: 'GET',
      path: `/v1/patients/${id.handle}/key-rotation`,
      described: '/v1/patients/{handle}/key-rotation',
    },
    200,
    ['getKeyRotation', id.handle],
  ],
  [
    'suspendIdentity',
    {
      method: 'POST',
      path: '/v1/suspensions',
      body: { mspId: 'BirchMSP', practitionerId: id.practitioner, reason: 'key-stolen' },
    },
    200,
    ['suspend', { mspId: 'BirchMSP', practitionerId: id.practitioner, reason: 'key-stolen' }],
  ],
  [
    'countersignSuspension',
    { method: 'POST', path: '/v1/suspensions/countersignature', body: suspension },
    200,
    ['countersign', suspension],
  ],
  [
    'listSuspensions',
    {
      method: 'GET',
      path: `/v1/suspensions/BirchMSP/${id.practitioner}`,
      described: '/v1/suspensions/{mspId}/{id}',
    },
    200,
    ['listSuspensions', { mspId: 'BirchMSP', practitionerId: id.practitioner }],
  ],
  [
    'liftSuspension',
    {
      method: 'DELETE',
      path: `/v1/suspensions/BirchMSP/${id.practitioner}`,
      described: '/v1/suspensions/{mspId}/{id}',
    },
    200,
    ['lift', { mspId: 'BirchMSP', practitionerId: id.practitioner }],
  ],
  [
    'askStepUp',
    {
      method: 'POST',
      path: '/v1/step-ups',
      body: { act: 'open-emergency', emergency: newEmergency },
    },
    200,
    ['askStepUp', { act: 'open-emergency', emergency: newEmergency }],
  ],
  [
    'askNewPasskey',
    {
      method: 'POST',
      path: `/v1/practitioners/${id.practitioner}/passkeys/challenge`,
      described: '/v1/practitioners/{id}/passkeys/challenge',
      body: passkeySent,
    },
    200,
    ['askNewPasskey', { practitionerId: id.practitioner, passkey }],
  ],
  [
    'registerPasskey',
    {
      method: 'POST',
      path: `/v1/practitioners/${id.practitioner}/passkeys`,
      described: '/v1/practitioners/{id}/passkeys',
      body: { passkey: passkeySent, stepUp: stepUpSent },
    },
    201,
    ['registerPasskey', { practitionerId: id.practitioner, passkey, stepUp }],
  ],
  [
    'removePasskey',
    {
      method: 'DELETE',
      path: `/v1/practitioners/${id.practitioner}/passkeys/${passkey.credentialId}`,
      described: '/v1/practitioners/{id}/passkeys/{credentialId}',
    },
    200,
    ['removePasskey', { practitionerId: id.practitioner, credentialId: passkey.credentialId }],
  ],
  ['getDegradedMode', { method: 'GET', path: '/v1/emergencies/degraded' }, 200, ['degradedState']],
  [
    'prepareDegradedEmergency',
    { method: 'POST', path: '/v1/emergencies/degraded', body: desiredEmergency },
    201,
    ['prepareDegraded', desiredEmergency],
  ],
  [
    'signDegradedEmergency',
    {
      method: 'POST',
      path: '/v1/emergencies/degraded/signatures',
      body: { statement: degradedStatement, part: 'cosigner', assertion: pageAnswer },
    },
    200,
    ['signDegraded', { statement: degradedStatement, part: 'cosigner', assertion: stepUp.assertion }],
  ],
  [
    'openDegradedEmergency',
    {
      method: 'POST',
      path: `/v1/emergencies/degraded/${draftId}/opening`,
      described: '/v1/emergencies/degraded/{draftId}/opening',
      body: { assertion: pageAnswer, cosigner: degradedSignature },
    },
    200,
    ['openDegraded', { draftId, assertion: stepUp.assertion, cosigner: degradedSignature }],
  ],
  ['listDueReviews', { method: 'GET', path: '/v1/emergencies/due-reviews' }, 200, ['dueReviews']],
  ['getEmergencyMetrics', { method: 'GET', path: '/v1/emergencies/metrics' }, 200, ['emergencyMetrics']],
  [
    'resealRecord',
    {
      method: 'POST',
      path: `/v1/records/${id.record}/reseal`,
      described: '/v1/records/{recordId}/reseal',
      body: { purpose: 'TREAT', patient: retirementWord },
    },
    201,
    ['reseal', { recordId: id.record, purpose: 'TREAT', patient: retirementWord }],
  ],
  [
    'getRetirement',
    {
      method: 'GET',
      path: `/v1/records/${id.record}/versions/1/retirement`,
      described: '/v1/records/{recordId}/versions/{version}/retirement',
    },
    200,
    ['retirement', { recordId: id.record, version: 1 }],
  ],
  [
    'cancelRetirement',
    {
      method: 'POST',
      path: `/v1/records/${id.record}/versions/1/retirement/cancellation`,
      described: '/v1/records/{recordId}/versions/{version}/retirement/cancellation',
      body: { orderTxId: namedRotation.requestTxId, objection },
    },
    200,
    [
      'cancelRetirement',
      { recordId: id.record, version: 1, orderTxId: namedRotation.requestTxId, objection },
    ],
  ],
  [
    'fetchNotices',
    { method: 'GET', path: `/v1/notices?emergencyId=${id.emergency}`, described: '/v1/notices' },
    200,
    ['fetchNotices', { emergencyId: id.emergency }],
  ],
  [
    'fetchPatientNotices',
    {
      method: 'POST',
      path: `/v1/patients/${id.handle}/notices`,
      described: '/v1/patients/{handle}/notices',
      body: noticesRequest,
    },
    200,
    ['fetchNotices', { patient: noticesRequest }],
  ],
];
