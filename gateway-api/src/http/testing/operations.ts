// SPDX-License-Identifier: Apache-2.0
import { oversight } from './oversight-operations.js';
import {
  TX,
  AT,
  B32,
  id,
  signedConsent,
  revocation,
  erasure,
  contest,
  newEmergency,
  stepUp,
  stepUpSent,
  segment,
  person,
  newSystem,
  patient,
} from './samples.js';

/** A request; `described` is its path in the document where it differs. */
export type Asked = Readonly<{
  method: string;
  path: string;
  described?: string;
  body?: unknown;
  headers?: Record<string, string>;
}>;

export const bundle = JSON.stringify({ resourceType: 'Bundle', entry: [] });
export const query = `handle=${id.handle}&month=2026-01`;
export const emergencyPath = `/v1/emergencies/${id.emergency}`;

/** An operation: its request, the status of its answer, and what the service is asked. */
export type Row = [string, Asked, number, unknown[]];

/** Every operation: its request, the status of its answer, and what the service is asked. */
export const rows: readonly Row[] = [
  ...oversight,
  ['listHospitals', { method: 'GET', path: '/v1/hospitals' }, 200, ['listHospitals']],
  [
    'registerPractitioner',
    { method: 'POST', path: '/v1/practitioners', body: person },
    201,
    ['registerPractitioner', person],
  ],
  [
    'getPractitioner',
    {
      method: 'GET',
      path: `/v1/practitioners/BirchMSP/${id.practitioner}`,
      described: '/v1/practitioners/{mspId}/{id}',
    },
    200,
    ['getPractitioner', { mspId: 'BirchMSP', practitionerId: id.practitioner }],
  ],
  [
    'changePractitioner',
    {
      method: 'PATCH',
      path: `/v1/practitioners/${id.practitioner}`,
      described: '/v1/practitioners/{id}',
      body: { status: 'suspended' },
    },
    200,
    ['changePractitioner', { practitionerId: id.practitioner, status: 'suspended' }],
  ],
  ['registerSystem', { method: 'POST', path: '/v1/systems', body: newSystem }, 201, ['registerSystem']],
  [
    'changeSystem',
    {
      method: 'PATCH',
      path: `/v1/systems/${id.system}`,
      described: '/v1/systems/{id}',
      body: { status: 'banned' },
    },
    200,
    ['changeSystem', { systemId: id.system, status: 'banned' }],
  ],
  [
    'registerPatient',
    { method: 'POST', path: '/v1/patients', body: patient },
    201,
    ['registerPatient', patient],
  ],
  [
    'getPatient',
    { method: 'GET', path: `/v1/patients/${id.handle}`, described: '/v1/patients/{handle}' },
    200,
    ['getPatient', id.handle],
  ],
  [
    'storeRecord',
    {
      method: 'POST',
      path: `/v1/records?${query}&category=laboratory`,
      described: '/v1/records',
      body: 'potassium',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    },
    201,
    [
      'storeContent',
      {
        ...{ handle: id.handle, category: 'laboratory', class: 'standard', month: '2026-01' },
        contentType: 'text/plain; charset=utf-8',
      },
      'potassium',
    ],
  ],
  [
    'storeRecord (Bundle)',
    {
      method: 'POST',
      path: `/v1/records?${query}`,
      described: '/v1/records',
      body: bundle,
      headers: { 'content-type': 'application/fhir+json' },
    },
    201,
    ['storeBundle', { handle: id.handle, month: '2026-01' }, bundle],
  ],
  [
    'supersedeRecord',
    {
      method: 'POST',
      path: `/v1/records/${id.record}/versions?${query}&category=summary`,
      described: '/v1/records/{recordId}/versions',
      body: '%PDF',
      headers: { 'content-type': 'application/pdf' },
    },
    201,
    [
      'storeContent',
      {
        ...{
          handle: id.handle,
          category: 'summary',
          class: 'summary',
          month: '2026-01',
          recordId: id.record,
        },
        contentType: 'application/pdf',
      },
      '%PDF',
    ],
  ],
  [
    'listRecords',
    { method: 'GET', path: `/v1/records?handle=${id.handle}`, described: '/v1/records' },
    200,
    ['list', id.handle],
  ],
  [
    'getRecord',
    { method: 'GET', path: `/v1/records/${id.record}?version=2`, described: '/v1/records/{recordId}' },
    200,
    ['get', { recordId: id.record, version: 2 }],
  ],
  [
    'beginUpload',
    {
      method: 'POST',
      path: '/v1/uploads',
      body: { handle: id.handle, category: 'imaging', month: '2026-01', contentType: 'application/dicom' },
    },
    201,
    [
      'begin',
      {
        ...{ handle: id.handle, category: 'imaging', class: 'standard', month: '2026-01' },
        contentType: 'application/dicom',
      },
    ],
  ],
  [
    'askUpload',
    { method: 'HEAD', path: '/v1/uploads/up_1', described: '/v1/uploads/{uploadId}' },
    204,
    ['state', 'up_1'],
  ],
  [
    'appendUpload',
    {
      method: 'PATCH',
      path: '/v1/uploads/up_1',
      described: '/v1/uploads/{uploadId}',
      body: 'bytes',
      headers: { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' },
    },
    204,
    ['append', 'up_1', 0, 'bytes'],
  ],
  [
    'completeUpload',
    {
      method: 'POST',
      path: '/v1/uploads/up_1/complete',
      described: '/v1/uploads/{uploadId}/complete',
      body: { size: 5 },
    },
    201,
    ['complete', 'up_1', 5],
  ],
  [
    'abandonUpload',
    { method: 'DELETE', path: '/v1/uploads/up_1', described: '/v1/uploads/{uploadId}' },
    204,
    ['abandon', 'up_1'],
  ],
  [
    'grantConsent',
    { method: 'POST', path: '/v1/consents', body: signedConsent },
    201,
    ['grant', signedConsent],
  ],
  [
    'replaceConsent',
    {
      method: 'PUT',
      path: `/v1/consents/${id.consent}`,
      described: '/v1/consents/{consentId}',
      body: signedConsent,
    },
    200,
    ['replace', signedConsent],
  ],
  [
    'revokeConsent',
    {
      method: 'POST',
      path: `/v1/consents/${id.consent}/revocation?holdOnly=true`,
      described: '/v1/consents/{consentId}/revocation',
      body: revocation,
    },
    200,
    ['revoke', revocation, { holdOnly: true }],
  ],
  [
    'listConsents',
    { method: 'GET', path: `/v1/consents?handle=${id.handle}&at=${AT}`, described: '/v1/consents' },
    200,
    ['listConsents', { handle: id.handle, at: AT }],
  ],
  [
    'getConsent',
    {
      method: 'GET',
      path: `/v1/consents/${id.consent}?handle=${id.handle}`,
      described: '/v1/consents/{consentId}',
    },
    200,
    ['getConsent', { handle: id.handle, consentId: id.consent }],
  ],
  [
    'declareIntent',
    {
      method: 'POST',
      path: '/v1/intents',
      body: { handle: id.handle, purpose: 'TREAT', basis: { kind: 'consent' }, segments: [segment] },
    },
    201,
    [
      'declare',
      { handle: id.handle, purpose: 'TREAT', basis: { kind: 'consent' }, wanted: { segments: [segment] } },
    ],
  ],
  [
    'getIntent',
    { method: 'GET', path: `/v1/intents/${id.intent}`, described: '/v1/intents/{intentId}' },
    200,
    ['getIntent', id.intent],
  ],
  [
    'openEmergency',
    {
      method: 'POST',
      path: '/v1/emergencies',
      body: { ...newEmergency, emergencyId: id.emergency, stepUp: stepUpSent },
    },
    201,
    ['open', { ...newEmergency, emergencyId: id.emergency, stepUp }],
  ],
  ...(
    [
      ['cosignature', 'cosign'],
      ['scope-approval', 'approveFullScope'],
    ] as const
  ).map(([step, call]): [string, Asked, number, unknown[]] => [
    step,
    {
      method: 'POST',
      path: `${emergencyPath}/${step}`,
      described: `/v1/emergencies/{emergencyId}/${step}`,
      body: { stepUp: stepUpSent },
    },
    200,
    [call, { emergencyId: id.emergency, stepUp }],
  ]),
  ...(
    [
      ['closure', 'close'],
      ['review', 'beginReview'],
    ] as const
  ).map(([step, call]): [string, Asked, number, unknown[]] => [
    step,
    { method: 'POST', path: `${emergencyPath}/${step}`, described: `/v1/emergencies/{emergencyId}/${step}` },
    200,
    [call, id.emergency],
  ]),
  [
    'judgeEmergency',
    {
      method: 'POST',
      path: `${emergencyPath}/verdict`,
      described: '/v1/emergencies/{emergencyId}/verdict',
      body: { verdict: 'upheld', findingsHash: B32 },
    },
    200,
    ['review', { emergencyId: id.emergency, verdict: 'upheld', findingsHash: B32 }],
  ],
  [
    'contestEmergency',
    {
      method: 'POST',
      path: `${emergencyPath}/contest`,
      described: '/v1/emergencies/{emergencyId}/contest',
      body: contest,
    },
    200,
    ['contest', contest],
  ],
  [
    'getEmergency',
    { method: 'GET', path: emergencyPath, described: '/v1/emergencies/{emergencyId}' },
    200,
    ['getEmergency', id.emergency],
  ],
  [
    'listEmergencies',
    { method: 'GET', path: `/v1/emergencies?handle=${id.handle}`, described: '/v1/emergencies' },
    200,
    ['listEmergencies', id.handle],
  ],
  [
    'declareAuditRead',
    {
      method: 'POST',
      path: '/v1/audit-reads',
      body: {
        auditReadId: id.auditRead,
        scope: { kind: 'hospital', mspId: 'AlderMSP' },
        from: AT,
        until: AT,
      },
    },
    201,
    [
      'declareRead',
      { auditReadId: id.auditRead, scope: { kind: 'hospital', mspId: 'AlderMSP' }, from: AT, until: AT },
    ],
  ],
  [
    'readAudit',
    {
      method: 'GET',
      path: `/v1/audit-reads/${id.auditRead}/entries?limit=200&bookmark=b`,
      described: '/v1/audit-reads/{auditReadId}/entries',
    },
    200,
    ['page', { auditReadId: id.auditRead, pageSize: 200, bookmark: 'b' }],
  ],
  [
    'eraseRecord',
    {
      method: 'POST',
      path: `/v1/records/${id.record}/erasure`,
      described: '/v1/records/{recordId}/erasure',
      body: erasure,
    },
    202,
    ['order', erasure],
  ],
  [
    'getErasure',
    { method: 'GET', path: `/v1/erasures/${id.erasure}`, described: '/v1/erasures/{erasureId}' },
    200,
    ['getErasure', id.erasure],
  ],
  [
    'getTransaction',
    { method: 'GET', path: `/v1/transactions/${TX}`, described: '/v1/transactions/{txId}' },
    200,
    [],
  ],
  ['getCustody', { method: 'GET', path: '/v1/custody' }, 200, ['view']],
];
