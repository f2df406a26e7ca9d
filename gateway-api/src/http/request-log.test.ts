// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError } from '@tutela/chaincode/domain';
import { newId, openDoor, signAssertion, signIn, type Door } from './testing/door.js';

const SECRETS = ['zebedee', 'planted-password', 'planted-header'];
let door: Door;

beforeEach(async () => {
  const cause = new Error('zebedee planted-password');
  const fail = () => Promise.reject(new DomainError('LEDGER_UNAVAILABLE', 'zebedee', { cause }));
  door = await openDoor({
    services: { registry: { registerPractitioner: fail, listHospitals: () => Promise.resolve([]) } as never },
  });
});
afterEach(() => door.close());

describe('attack 21: what the log says', () => {
  test('neither bodies, tokens, addresses, headers nor messages are in it; ids, codes and places are', async () => {
    const { token, client, practitionerId } = await signIn(door, ['registry.write', 'registry.read']);
    const assertion = await signAssertion(client, door.tokenUrl);
    const headers = {
      ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-note': 'planted-header' },
      'idempotency-key': 'planted-password',
    };
    const body = JSON.stringify({ role: 'nurse', department: 'zebedee', personKey: 'planted-password' });
    await fetch(`${door.url}/v1/practitioners`, { method: 'POST', headers, body });
    await fetch(`${door.url}/v1/hospitals?name=zebedee`, { headers });
    await fetch(`${door.url}/v1/zebedee/planted-password`, { headers });
    await fetch(`${door.url}/v1/hospitals`, { headers: { authorization: 'Bearer zebedee' } });
    await fetch(`${door.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'zebedee', client_assertion: assertion }),
    });
    const written = door.log.join('');
    for (const secret of [...SECRETS, token, assertion, assertion.split('.')[2] ?? assertion])
      expect(written.toLowerCase()).not.toContain(secret.toLowerCase());
    expect(written).toContain('"code":"LEDGER_UNAVAILABLE"');
    expect(written).toContain(practitionerId);
    expect(written).toContain(client.clientId);
    expect(written).toContain('"operation":"registerPractitioner"');
    expect(written).toMatch(/"frames":\["at /);
  });

  test('why a request failed is told once, by the id of its line', async () => {
    const { token } = await signIn(door, ['registry.write']);
    await fetch(`${door.url}/v1/practitioners`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': 'told-once',
      },
      body: JSON.stringify({ role: 'nurse', department: 'ward', personKey: 'key' }),
    });
    const lines = door.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    const reasons = lines.filter((line) => 'err' in line);
    const request = lines.find(({ msg }) => msg === 'failed');
    expect(reasons).toHaveLength(1);
    expect(request).toMatchObject({ req: { id: reasons[0]?.['requestId'] }, code: 'LEDGER_UNAVAILABLE' });
  });

  test('attack 32: a line break in a request makes no second line', async () => {
    const { token } = await signIn(door, ['registry.read']);
    await fetch(`${door.url}/v1/hospitals/%0a%7b%22level%22:60%7d`, {
      headers: { authorization: `Bearer ${token}` },
    });
    for (const line of door.log) expect(line.trimEnd()).not.toContain('\n');
    for (const line of door.log) expect(JSON.parse(line)).toHaveProperty('level');
    expect(door.log.join('')).not.toContain('"level":60');
  });
});

describe('attack 21: what the metrics say', () => {
  test('operations, statuses and codes, and not one id', async () => {
    const { token, client, practitionerId } = await signIn(door, ['registry.read']);
    const headers = { authorization: `Bearer ${token}` };
    await fetch(`${door.url}/v1/hospitals`, { headers });
    await fetch(`${door.url}/v1/patients/${newId('handle')}`, { headers });
    const metrics = await (await fetch(`${door.url}/metrics`)).text();
    expect(metrics).toContain('operation="listHospitals",status="200"');
    expect(metrics).not.toMatch(/(pt|pr|sys|rec|con|in|em)_[A-Za-z0-9_-]{22}/);
    expect(metrics).not.toContain(client.clientId);
    expect(metrics).not.toContain(practitionerId);
  });
});

describe('readiness', () => {
  test('names what cannot be reached, and says nothing of why', async () => {
    const down = () => Promise.reject(new Error('zebedee'));
    const half = await openDoor({ probes: { custody: down } });
    try {
      const response = await fetch(`${half.url}/readyz`);
      expect([response.status, await response.json()]).toEqual([
        503,
        {
          status: 'not-ready',
          parts: { ledger: { status: 'up' }, storage: { status: 'up' }, custody: { status: 'down' } },
        },
      ]);
      expect((await fetch(`${half.url}/healthz`)).status).toBe(200);
    } finally {
      await half.close();
    }
    expect((await fetch(`${door.url}/readyz`)).status).toBe(200);
  });
});
