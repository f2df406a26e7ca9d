// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ID_PREFIXES, SCOPES } from '@tutela/chaincode/domain';
import type { Services } from '../../services/services.js';
import { DocumentCheck } from '../testing/document.js';
import { newId, openDoor, signIn, type Door } from '../testing/door.js';

const TX = '0'.repeat(64);
const AT = '2026-01-31T08:00:00.000Z';
const B32 = 'A'.repeat(43);
const NONCE = 'A'.repeat(22);
const SIGNATURE = 'A'.repeat(86);
const id = Object.fromEntries(
  Object.keys(ID_PREFIXES).map((kind) => [kind, newId(kind as keyof typeof ID_PREFIXES)]),
) as Record<keyof typeof ID_PREFIXES, string>;

const consentStatement = {
  ...{ v: 1, kind: 'consent', channel: 'tutela', consentId: id.consent, version: 1, handle: id.handle },
  ...{ decision: 'permit', grantee: { kind: 'hospital', mspId: 'BirchMSP' }, categories: ['laboratory'] },
  ...{ purposes: ['TREAT'], validFrom: AT, validUntil: '2027-01-31T08:00:00.000Z', signedAt: AT, nonce: NONCE },
};
const signedConsent = { statement: consentStatement, signature: SIGNATURE };
const consent = { v: 1, ...signedConsent, grantedAt: AT, txId: TX };
const revocation = {
  statement: {
    ...{ v: 1, kind: 'revocation', channel: 'tutela', consentId: id.consent, handle: id.handle },
    ...{ reason: 'patient-request', signedAt: AT, nonce: NONCE },
  },
  signature: SIGNATURE,
};
const erasure = {
  statement: {
    ...{ v: 1, kind: 'erasure', channel: 'tutela', erasureId: id.erasure, recordId: id.record },
    ...{ handle: id.handle, signedAt: AT, nonce: NONCE },
  },
  signature: SIGNATURE,
};
const contest = {
  statement: {
    ...{ v: 1, kind: 'contest', channel: 'tutela', emergencyId: id.emergency, handle: id.handle, nonce: NONCE },
  },
  signature: SIGNATURE,
};
const who = { mspId: 'AlderMSP', practitionerId: id.practitioner, at: AT, txId: TX };
const secretWho = { ...who, certificate: 'c'.repeat(64), personTag: B32 };
const newEmergency = {
  ...{ handle: id.handle, reason: 'unconscious', reasonHash: B32, scope: 'full', timeBoxMinutes: 30 },
};
const emergency = {
  ...{ ...newEmergency, v: 1, emergencyId: id.emergency, state: 'requested', requester: secretWho },
  ...{ expiresAt: AT, reviewDueAt: AT, contests: [] },
};
const emergencyShown = { ...emergency, requester: who, v: undefined };
const stepped = { emergency, txId: TX };
const segment = { recordId: id.record, version: 1, segmentId: id.segment };
const permitted = { ...segment, decision: 'permit', consentId: id.consent };
const refused = { ...segment, segmentId: newId('segment'), decision: 'deny', code: 'CONSENT_DENIED' };
const stored = {
  ...{ recordId: id.record, version: 1, manifestHash: B32, txId: TX, hospitals: 3 },
  segments: [{ segmentId: id.segment, category: 'laboratory', size: 10 }],
};
const summary = {
  ...{ recordId: id.record, version: 1, handle: id.handle, author: 'AlderMSP', registeredAt: AT },
  segments: [{ segmentId: id.segment, category: 'laboratory', class: 'standard', month: '2026-01', size: 10 }],
};
const upload = { uploadId: 'up_1', offset: 5, expiresAt: AT };
const system = { v: 1, mspId: 'AlderMSP', status: 'active', registeredAt: AT };
const person = { role: 'physician', department: 'surgery', personKey: 'staff-7' };
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const newSystem = { name: 'Ward system', jwk: publicKey.export({ format: 'jwk' }), scopes: ['records.read'] };
const patient = { handle: id.handle, publicKey: `B${'A'.repeat(86)}`, nonce: NONCE, proof: SIGNATURE };
const entry = {
  ...{ v: 1, txId: TX, at: AT, act: 'intent-declared', outcome: 'refused', codes: ['NO_CONSENT'] },
  actor: { mspId: 'AlderMSP', id: id.practitioner, role: 'physician' },
};

const calls: unknown[][] = [];
const answer = (name: string, value: unknown) => (_actor: unknown, ...rest: unknown[]) => {
  calls.push([name, ...rest]);
  return Promise.resolve(value);
};
const bytesThen = (name: string, value: unknown, at: number) => async (...call: unknown[]) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of call[at] as AsyncIterable<Uint8Array>) chunks.push(chunk);
  calls.push([name, ...call.slice(1, at), Buffer.concat(chunks).toString()]);
  return value;
};

const services = {
  registry: {
    listHospitals: answer('listHospitals', [system]),
    registerPractitioner: answer('registerPractitioner', { practitionerId: id.practitioner, txId: TX }),
    changePractitioner: answer('changePractitioner', { txId: TX }),
    getPractitioner: answer('getPractitioner', { ...person, ...system, personTag: B32 }),
    registerSystem: answer('registerSystem', { systemId: id.system, txId: TX }),
    changeSystem: answer('changeSystem', { txId: TX }),
    registerPatient: answer('registerPatient', { txId: TX }),
    getPatient: answer('getPatient', { ...system, handle: id.handle, publicKey: patient.publicKey, keyVersion: 1 }),
  },
  storeRecord: { storeContent: bytesThen('storeContent', stored, 2), storeBundle: bytesThen('storeBundle', stored, 2) },
  uploads: {
    begin: answer('begin', upload),
    state: answer('state', upload),
    append: bytesThen('append', upload, 3),
    complete: answer('complete', stored),
    abandon: answer('abandon', undefined),
  },
  records: { list: answer('list', [summary]), get: answer('get', summary) },
  intents: {
    declare: answer('declare', { intentId: id.intent, txId: TX, expiresAt: AT, segments: [permitted] }),
    get: answer('getIntent', {
      ...{ intentId: id.intent, handle: id.handle, purpose: 'TREAT', declaredAt: AT, expiresAt: AT, txId: TX },
      ...{ segments: [permitted, refused], certificate: 'c', sessionKey: B32 },
    }),
  },
  consents: {
    grant: answer('grant', { consentId: id.consent, version: 1, txId: TX }),
    replace: answer('replace', { consentId: id.consent, version: 2, txId: TX }),
    revoke: answer('revoke', { heldBy: ['AlderMSP'], txId: TX }),
    get: answer('getConsent', consent),
    list: answer('listConsents', [consent]),
  },
  emergencies: {
    open: answer('open', stepped),
    cosign: answer('cosign', stepped),
    approveFullScope: answer('approveFullScope', stepped),
    close: answer('close', stepped),
    beginReview: answer('beginReview', stepped),
    review: answer('review', stepped),
    contest: answer('contest', stepped),
    get: answer('getEmergency', emergency),
    list: answer('listEmergencies', [emergency]),
  },
  audit: {
    declare: answer('declareRead', { auditReadId: id.auditRead, txId: TX }),
    page: answer('page', { entries: [entry], bookmark: 'next' }),
  },
  erasures: {
    order: answer('order', { erasureId: id.erasure, txId: TX }),
    get: answer('getErasure', { ...erasure, versions: 1, orderedAt: AT, txId: TX, confirmations: {}, complete: false }),
  },
  transactions: { status: () => Promise.resolve({ status: 'valid', code: 0 }) },
  custody: { view: answer('view', { custodians: [], heartbeats: [], accusations: [] }) },
} as unknown as Services;

let door: Door;
let token: string;
let check: DocumentCheck;

beforeAll(async () => {
  door = await openDoor({ services });
  ({ token } = await signIn(door, SCOPES));
  check = new DocumentCheck((await (await fetch(`${door.url}/openapi.json`)).json()) as object);
});
afterAll(() => door.close());

type Asked = Readonly<{ method: string; path: string; described?: string; body?: unknown; headers?: Record<string, string> }>;

async function ask({ method, path, body, headers }: Asked, bearer = token) {
  calls.length = 0;
  const raw = typeof body === 'string';
  const response = await fetch(`${door.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${bearer}`,
      'idempotency-key': newId('intent'),
      ...(body !== undefined && !raw && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: raw ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { response, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

const bundle = JSON.stringify({ resourceType: 'Bundle', entry: [] });
const query = `handle=${id.handle}&month=2026-01`;
const E = `/v1/emergencies/${id.emergency}`;

const rows: readonly [string, Asked, number, unknown[]][] = [
  ['listHospitals', { method: 'GET', path: '/v1/hospitals' }, 200, ['listHospitals']],
  ['registerPractitioner', { method: 'POST', path: '/v1/practitioners', body: person }, 201, ['registerPractitioner', person]],
  [
    'getPractitioner',
    { method: 'GET', path: `/v1/practitioners/BirchMSP/${id.practitioner}`, described: '/v1/practitioners/{mspId}/{id}' },
    200,
    ['getPractitioner', { mspId: 'BirchMSP', practitionerId: id.practitioner }],
  ],
  [
    'changePractitioner',
    { method: 'PATCH', path: `/v1/practitioners/${id.practitioner}`, described: '/v1/practitioners/{id}', body: { status: 'suspended' } },
    200,
    ['changePractitioner', { practitionerId: id.practitioner, status: 'suspended' }],
  ],
  ['registerSystem', { method: 'POST', path: '/v1/systems', body: newSystem }, 201, ['registerSystem']],
  [
    'changeSystem',
    { method: 'PATCH', path: `/v1/systems/${id.system}`, described: '/v1/systems/{id}', body: { status: 'banned' } },
    200,
    ['changeSystem', { systemId: id.system, status: 'banned' }],
  ],
  ['registerPatient', { method: 'POST', path: '/v1/patients', body: patient }, 201, ['registerPatient', patient]],
  ['getPatient', { method: 'GET', path: `/v1/patients/${id.handle}`, described: '/v1/patients/{handle}' }, 200, ['getPatient', id.handle]],
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
        ...{ handle: id.handle, category: 'summary', class: 'summary', month: '2026-01', recordId: id.record },
        contentType: 'application/pdf',
      },
      '%PDF',
    ],
  ],
  ['listRecords', { method: 'GET', path: `/v1/records?handle=${id.handle}`, described: '/v1/records' }, 200, ['list', id.handle]],
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
  ['askUpload', { method: 'HEAD', path: '/v1/uploads/up_1', described: '/v1/uploads/{uploadId}' }, 204, ['state', 'up_1']],
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
    { method: 'POST', path: '/v1/uploads/up_1/complete', described: '/v1/uploads/{uploadId}/complete', body: { size: 5 } },
    201,
    ['complete', 'up_1', 5],
  ],
  ['abandonUpload', { method: 'DELETE', path: '/v1/uploads/up_1', described: '/v1/uploads/{uploadId}' }, 204, ['abandon', 'up_1']],
  ['grantConsent', { method: 'POST', path: '/v1/consents', body: signedConsent }, 201, ['grant', signedConsent]],
  [
    'replaceConsent',
    { method: 'PUT', path: `/v1/consents/${id.consent}`, described: '/v1/consents/{consentId}', body: signedConsent },
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
    { method: 'GET', path: `/v1/consents/${id.consent}?handle=${id.handle}`, described: '/v1/consents/{consentId}' },
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
  ['getIntent', { method: 'GET', path: `/v1/intents/${id.intent}`, described: '/v1/intents/{intentId}' }, 200, ['getIntent', id.intent]],
  ['openEmergency', { method: 'POST', path: '/v1/emergencies', body: newEmergency }, 201, ['open', newEmergency]],
  ...(
    [
      ['cosignature', 'cosign'],
      ['scope-approval', 'approveFullScope'],
      ['closure', 'close'],
      ['review', 'beginReview'],
    ] as const
  ).map(
    ([step, call]): [string, Asked, number, unknown[]] => [
      step,
      { method: 'POST', path: `${E}/${step}`, described: `/v1/emergencies/{emergencyId}/${step}` },
      200,
      [call, id.emergency],
    ],
  ),
  [
    'judgeEmergency',
    {
      method: 'POST',
      path: `${E}/verdict`,
      described: '/v1/emergencies/{emergencyId}/verdict',
      body: { verdict: 'upheld', findingsHash: B32 },
    },
    200,
    ['review', { emergencyId: id.emergency, verdict: 'upheld', findingsHash: B32 }],
  ],
  [
    'contestEmergency',
    { method: 'POST', path: `${E}/contest`, described: '/v1/emergencies/{emergencyId}/contest', body: contest },
    200,
    ['contest', contest],
  ],
  ['getEmergency', { method: 'GET', path: E, described: '/v1/emergencies/{emergencyId}' }, 200, ['getEmergency', id.emergency]],
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
      body: { auditReadId: id.auditRead, scope: { kind: 'hospital', mspId: 'AlderMSP' }, from: AT, until: AT },
    },
    201,
    ['declareRead', { auditReadId: id.auditRead, scope: { kind: 'hospital', mspId: 'AlderMSP' }, from: AT, until: AT }],
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
    { method: 'POST', path: `/v1/records/${id.record}/erasure`, described: '/v1/records/{recordId}/erasure', body: erasure },
    202,
    ['order', erasure],
  ],
  ['getErasure', { method: 'GET', path: `/v1/erasures/${id.erasure}`, described: '/v1/erasures/{erasureId}' }, 200, ['getErasure', id.erasure]],
  ['getTransaction', { method: 'GET', path: `/v1/transactions/${TX}`, described: '/v1/transactions/{txId}' }, 200, []],
  ['getCustody', { method: 'GET', path: '/v1/custody' }, 200, ['view']],
];

describe('every operation', () => {
  test.each(rows)('%s gives the service what was parsed, and answers as described', async (_, asked, status, call) => {
    const { response, body } = await ask(asked);
    expect([response.status, body]).toEqual([status, body]);
    check.requireDescribed(asked.method.toLowerCase(), asked.described ?? asked.path, response, body);
    expect(calls.map((made) => made.slice(0, call.length))).toEqual(call.length === 0 ? [] : [call]);
    if (typeof body === 'object' && body !== null && 'txId' in body && asked.method !== 'GET')
      expect(response.headers.get('link')).toBe(`</v1/transactions/${TX}>; rel="status"`);
  });

  test.each(rows)('%s is refused without a token, and the refusal is as described', async (_, asked) => {
    const { response, body } = await ask(asked, 'none');
    expect(response.status).toBe(401);
    expect(calls).toEqual([]);
    check.requireDescribed(asked.method.toLowerCase(), asked.described ?? asked.path, response, body);
  });

  test.each(rows.filter(([name]) => !['getTransaction', 'getCustody'].includes(name)))(
    '%s is refused with a token that lacks its scope',
    async (name, asked) => {
      const operations = (await (await fetch(`${door.url}/openapi.json`)).json()) as never;
      const needed = scopesOf(operations, asked);
      const { token: poor } = await signIn(door, SCOPES.filter((scope) => !needed.includes(scope)));
      const { response } = await ask(asked, poor);
      expect([name, response.status, calls]).toEqual([name, 403, []]);
    },
  );

  test('stands in this table, but for the streams of content and events', async () => {
    const { paths } = (await (await fetch(`${door.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const covered = rows.map(([, { method, path, described }]) => `${method.toLowerCase()} ${described ?? path}`);
    const missing = described.filter((one) => one.includes('/v1/') && !covered.includes(one));
    expect(missing.sort()).toEqual([
      'get /v1/events',
      'get /v1/intents/{intentId}/content/{segmentId}',
      'get /v1/records/{recordId}/content',
    ]);
  });
});

function scopesOf(document: unknown, asked: Asked): readonly string[] {
  type Paths = { paths: Record<string, Record<string, { security: { system: string[] }[] }>> };
  const operation = (document as Paths).paths[asked.described ?? asked.path]?.[asked.method.toLowerCase()];
  return operation?.security[0]?.system ?? [];
}

describe('what stays inside', () => {
  test('an intent tells neither refused segments nor why, nor certificates', async () => {
    const { body } = await ask({ method: 'GET', path: `/v1/intents/${id.intent}` });
    expect(JSON.stringify(body)).not.toMatch(/CONSENT_DENIED|deny|certificate|sessionKey/);
    expect(body).toMatchObject({ segments: [permitted] });
  });

  test('an emergency tells no certificate and no person tag', async () => {
    const { body } = await ask({ method: 'GET', path: E });
    expect(body).toEqual(JSON.parse(JSON.stringify({ ...emergencyShown, v: 1 })));
  });

  test('a practitioner’s person tag is not told', async () => {
    const { body } = await ask({ method: 'GET', path: `/v1/practitioners/AlderMSP/${id.practitioner}` });
    expect(JSON.stringify(body)).not.toContain('personTag');
  });
});

describe('statements and paths must agree', () => {
  const other = newId('consent');
  test.each([
    ['PUT', `/v1/consents/${other}`, signedConsent],
    ['POST', `/v1/consents/${other}/revocation`, revocation],
    ['POST', `/v1/records/${newId('record')}/erasure`, erasure],
    ['POST', `/v1/emergencies/${newId('emergency')}/contest`, contest],
  ])('%s %s is refused', async (method, path, body) => {
    const { response } = await ask({ method, path, body });
    expect([response.status, calls]).toEqual([400, []]);
  });

  test('a Bundle with a category, and a content without one, are refused', async () => {
    const fhir = { 'content-type': 'application/fhir+json' };
    for (const [path, body, headers] of [
      [`/v1/records?${query}&category=summary`, bundle, fhir],
      [`/v1/records?${query}`, JSON.stringify({ resourceType: 'Patient' }), fhir],
      [`/v1/records?${query}`, '{"resourceType":"Bundle","resourceType":"Patient"}', fhir],
      [`/v1/records?${query}`, 'x', { 'content-type': 'text/plain' }],
      [`/v1/records?${query}&category=summary`, 'x', { 'content-type': 'text/plain; x="\u00e9"' }],
    ] as const) {
      const { response } = await ask({ method: 'POST', path, body, headers });
      expect([400, 415]).toContain(response.status);
      expect(calls).toEqual([]);
    }
  });

  test('a create without Idempotency-Key is refused', async () => {
    const response = await fetch(`${door.url}/v1/emergencies`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(newEmergency),
    });
    expect(response.status).toBe(400);
  });
});
