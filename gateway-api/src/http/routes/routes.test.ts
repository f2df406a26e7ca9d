// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SCOPES, type MspId } from '@tutela/chaincode/domain';
import { DocumentCheck } from '../testing/document.js';
import { ALDER, newId, openDoor, signIn, type Door } from '../testing/door.js';
import { bundle, emergencyPath, query, rows, type Asked } from '../testing/operations.js';
import { calls, services } from '../testing/recorded-services.js';
import {
  TX,
  id,
  signedConsent,
  revocation,
  erasure,
  contest,
  newEmergency,
  noticesRequest,
  permitted,
  emergencyShown,
} from '../testing/samples.js';

let door: Door;
let token: string;
let check: DocumentCheck;

beforeAll(async () => {
  door = await openDoor({ services });
  ({ token } = await signIn(door, SCOPES));
  check = new DocumentCheck((await (await fetch(`${door.url}/openapi.json`)).json()) as object);
});
afterAll(() => door.close());

async function ask(asked: Asked, bearer = token) {
  calls.length = 0;
  return askAt(door, asked, bearer);
}

async function askAt({ url }: Door, { method, path, body, headers }: Asked, bearer: string) {
  const raw = typeof body === 'string';
  const response = await fetch(`${url}${path}`, {
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

describe('every operation', () => {
  test.each(rows)(
    '%s gives the service what was parsed, and answers as described',
    async (_, asked, status, call) => {
      const { response, body } = await ask(asked);
      expect([response.status, body]).toEqual([status, body]);
      check.requireDescribed(asked.method.toLowerCase(), asked.described ?? asked.path, response, body);
      expect(calls.map((made) => made.slice(0, call.length))).toEqual(call.length === 0 ? [] : [call]);
      if (typeof body === 'object' && body !== null && 'txId' in body && asked.method !== 'GET')
        expect(response.headers.get('link')).toBe(`</v1/transactions/${TX}>; rel="status"`);
    },
  );

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
      const { token: poor } = await signIn(
        door,
        SCOPES.filter((scope) => !needed.includes(scope)),
      );
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
    const covered = rows.map(
      ([, { method, path, described }]) => `${method.toLowerCase()} ${described ?? path}`,
    );
    const missing = described.filter((one) => one.includes('/v1/') && !covered.includes(one));
    expect(missing.sort()).toEqual([
      'get /v1/emergencies/degraded/{draftId}/content/{segmentId}',
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
    const { body } = await ask({ method: 'GET', path: emergencyPath });
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
    ['POST', `/v1/patients/${newId('handle')}/notices`, noticesRequest],
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

  test('a hold alone is answered with 200 where all custodians have it, and with 202 where one has not', async () => {
    const path = `/v1/consents/${id.consent}/revocation`;
    for (const [notHeldBy, status] of [
      [[], 200],
      [['BirchMSP' as MspId], 202],
    ] as const) {
      const outcome = { heldBy: [ALDER], notHeldBy };
      const consents = { ...services.consents, revoke: () => Promise.resolve(outcome) };
      const other = await openDoor({ services: { ...services, consents } });
      try {
        const { response, body } = await askAt(
          other,
          { method: 'POST', path: `${path}?holdOnly=true`, body: revocation },
          (await signIn(other, SCOPES)).token,
        );
        expect([response.status, body]).toEqual([status, outcome]);
        check.requireDescribed('post', '/v1/consents/{consentId}/revocation', response, body);
      } finally {
        await other.close();
      }
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
