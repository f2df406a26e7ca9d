// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { systemId } from '@tutela/chaincode/domain';
import { SignJWT } from 'jose';
import { askToken, newId, openDoor, signAssertion, signIn, type Door } from '../testing/door.js';

let door: Door;
const now = () => Math.floor(Date.now() / 1000);
const custody = { current: undefined, custodians: [], heartbeats: [], accusations: [] };
const services = {
  custody: { view: () => Promise.resolve(custody as never) },
  registry: { listHospitals: () => Promise.resolve([]) } as never,
};

beforeEach(async () => {
  door = await openDoor({ services });
});
afterEach(() => door.close());

const get = (path: string, token: string) =>
  fetch(`${door.url}${path}`, { headers: { authorization: `Bearer ${token}` } });

describe('a registered system', () => {
  test.each(['EC', 'RSA'] as const)('gets a token by its %s key and is let in', async (kind) => {
    const client = await door.world.addClient(['records.read', 'registry.read'], kind);
    const practitioner = door.world.addPractitioner();
    const assertion = await signAssertion(client, door.tokenUrl);
    const { status, body } = await askToken(door, { assertion, practitioner, scope: 'registry.read' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 300, scope: 'registry.read' });
    expect((await get('/v1/hospitals', String(body.access_token))).status).toBe(200);
  });

  test('gets the address of the token endpoint', async () => {
    const response = await fetch(`${door.url}/.well-known/smart-configuration`);
    expect(await response.json()).toMatchObject({
      token_endpoint: door.tokenUrl,
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
    });
  });
});

describe('attack 7: an assertion that is not the client’s own, fresh and for here', () => {
  const bends: readonly [string, Parameters<typeof signAssertion>[2]][] = [
    ['for another endpoint', { claims: { aud: 'https://elsewhere.example/oauth/token' } }],
    ['for several endpoints', { claims: { aud: ['https://localhost:8443/oauth/token', 'x'] } }],
    ['that has expired', { claims: { exp: now() - 60 } }],
    ['that lasts longer than five minutes', { claims: { exp: now() + 600 } }],
    ['of another issuer than subject', { claims: { sub: 'sys_AAAAAAAAAAAAAAAAAAAAAA' } }],
    ['without jti', { claims: { jti: '' } }],
    ['issued in the future', { claims: { iat: now() + 200 } }],
    ['with an unknown kid', { header: { kid: 'another' } }],
    ['without kid', { header: { kid: undefined } }],
    ['signed by another key', { key: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey }],
  ];

  test.each(bends)('%s is refused as invalid_client', async (_, bend) => {
    const client = await door.world.addClient(['records.read']);
    const practitioner = door.world.addPractitioner();
    const ask = async (bent: typeof bend) =>
      askToken(door, {
        assertion: await signAssertion(client, door.tokenUrl, bent),
        practitioner,
        scope: 'records.read',
      });
    expect(await ask(bend)).toEqual({
      status: 401,
      body: { error: 'invalid_client', error_description: 'the client could not be authenticated' },
    });
    expect((await ask({})).status).toBe(200);
  });

  test('attack 44: an assertion without a key of this gateway’s, or with another signature, has no ledger asked', async () => {
    const client = await door.world.addClient(['records.read']);
    const unknown = { ...client, clientId: systemId(newId('system'), 'test') };
    const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const asked = jest.spyOn(door.world, 'system');
    for (const assertion of [
      await signAssertion(unknown, door.tokenUrl),
      await signAssertion(client, door.tokenUrl, { key }),
    ])
      await askToken(door, { assertion, practitioner: door.world.addPractitioner(), scope: 'records.read' });
    expect(asked).not.toHaveBeenCalled();
  });

  test('an assertion is accepted once, even after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tutela-jti-'));
    const usedIdsPath = join(folder, 'state.db');
    const first = await openDoor({ usedIdsPath });
    const second = await openDoor({ usedIdsPath });
    try {
      const client = await first.world.addClient(['records.read']);
      const practitioner = first.world.addPractitioner();
      const assertion = await signAssertion(client, first.tokenUrl);
      const fields = { assertion, practitioner, scope: 'records.read' };
      expect((await askToken(first, fields)).status).toBe(200);
      expect((await askToken(first, fields)).status).toBe(401);
      for (const [id, system] of first.world.systems) second.world.systems.set(id, system);
      second.world.keys.put(client.clientId, client.jwk, 'same');
      second.world.practitioners.set(practitioner, first.world.practitioners.get(practitioner) as never);
      second.world.held.add(practitioner);
      expect((await askToken(second, fields)).status).toBe(401);
      const fresh = await signAssertion(client, first.tokenUrl);
      expect((await askToken(second, { ...fields, assertion: fresh })).status).toBe(200);
    } finally {
      await Promise.all([first.close(), second.close()]);
      rmSync(folder, { recursive: true });
    }
  });

  test('a key put on the gateway’s disk in place of the registered one is refused', async () => {
    const client = await door.world.addClient(['records.read']);
    const thief = await door.world.addClient(['records.read']);
    door.world.keys.put(client.clientId, thief.jwk, 'swapped');
    const bent = { header: { kid: thief.thumbprint }, key: thief.privateKey };
    const assertion = await signAssertion(client, door.tokenUrl, bent);
    const practitioner = door.world.addPractitioner();
    expect((await askToken(door, { assertion, practitioner, scope: 'records.read' })).status).toBe(401);
  });

  test('HS256 with the public key as secret, and alg none, are refused', async () => {
    const client = await door.world.addClient(['records.read']);
    const practitioner = door.world.addPractitioner();
    const claims = {
      iss: client.clientId,
      sub: client.clientId,
      aud: door.tokenUrl,
      jti: 'x',
      exp: now() + 60,
    };
    const secret = Buffer.from(JSON.stringify(client.jwk));
    const symmetric = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: client.thumbprint })
      .sign(secret);
    const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const assertion of [symmetric, `${b64({ alg: 'none' })}.${b64(claims)}.`])
      expect((await askToken(door, { assertion, practitioner, scope: 'records.read' })).status).toBe(401);
  });

  test('a suspended client is refused', async () => {
    const client = await door.world.addClient(['records.read']);
    door.world.setSystemStatus(client.clientId, 'suspended');
    const assertion = await signAssertion(client, door.tokenUrl);
    const practitioner = door.world.addPractitioner();
    expect((await askToken(door, { assertion, practitioner, scope: 'records.read' })).status).toBe(401);
  });
});

describe('scopes', () => {
  const ask = async (scope: string | undefined) => {
    const client = await door.world.addClient(['records.read', 'registry.read']);
    const practitioner = door.world.addPractitioner();
    const assertion = await signAssertion(client, door.tokenUrl);
    return askToken(door, { assertion, practitioner, ...(scope !== undefined && { scope }) });
  };

  test.each([undefined, '', ' ', 'audit.read', 'records.read *', 'system/*.read'])(
    '%p gives no access',
    async (scope) => {
      expect(await ask(scope)).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
    },
  );

  test('what is asked for and registered is granted, and nothing else', async () => {
    expect(await ask('records.read audit.read')).toMatchObject({
      status: 200,
      body: { scope: 'records.read' },
    });
  });

  test('a token without the scope of an operation is refused there', async () => {
    const { token } = await signIn(door, ['records.read']);
    const response = await get('/v1/hospitals', token);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'CALLER_NOT_ENTITLED' });
  });
});

describe('attack 3: acting for someone one may not act for', () => {
  test.each([
    ['of another hospital', { of: 'BirchMSP' }],
    ['whose identity is not here', { held: false }],
    ['who is suspended', { status: 'suspended' }],
    ['who is banned', { status: 'banned' }],
  ] as const)('a practitioner %s gets no token', async (_, options) => {
    const client = await door.world.addClient(['records.read']);
    const practitioner = door.world.addPractitioner(options);
    const assertion = await signAssertion(client, door.tokenUrl);
    const { status, body } = await askToken(door, { assertion, practitioner, scope: 'records.read' });
    expect({ status, error: body.error }).toEqual({ status: 400, error: 'invalid_grant' });
  });

  test('a field that is given twice is refused', async () => {
    const client = await door.world.addClient(['records.read']);
    const assertion = await signAssertion(client, door.tokenUrl);
    const form = new URLSearchParams([
      ['grant_type', 'client_credentials'],
      ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
      ['client_assertion', assertion],
      ['scope', 'records.read'],
      ['practitioner', door.world.addPractitioner()],
      ['practitioner', door.world.addPractitioner()],
    ]);
    const response = await fetch(`${door.url}/oauth/token`, { method: 'POST', body: form });
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
  });
});

describe('attack 15: a token that was issued before', () => {
  test('the practitioner’s suspension ends it, reinstatement does not need a new one', async () => {
    const { token, practitionerId } = await signIn(door, ['registry.read']);
    expect((await get('/v1/hospitals', token)).status).toBe(200);
    door.world.setPractitionerStatus(practitionerId, 'suspended');
    expect((await get('/v1/hospitals', token)).status).toBe(401);
    door.world.setPractitionerStatus(practitionerId, 'active');
    expect((await get('/v1/hospitals', token)).status).toBe(200);
  });

  test('the system’s suspension ends it', async () => {
    const { token, client } = await signIn(door, ['registry.read']);
    door.world.setSystemStatus(client.clientId, 'suspended');
    expect((await get('/v1/hospitals', token)).status).toBe(401);
  });

  test('a scope that was taken from the system is gone from its tokens', async () => {
    const { token, client } = await signIn(door, ['registry.read']);
    const system = door.world.systems.get(client.clientId);
    if (system !== undefined)
      door.world.systems.set(client.clientId, { ...system, scopes: ['records.read'] });
    expect((await get('/v1/hospitals', token)).status).toBe(403);
  });

  test('five minutes end it', async () => {
    let seconds = now();
    const aging = await openDoor({ services, nowSeconds: () => seconds });
    try {
      const { token } = await signIn(aging, ['registry.read']);
      const ask = () => fetch(`${aging.url}/v1/hospitals`, { headers: { authorization: `Bearer ${token}` } });
      seconds += 299;
      expect((await ask()).status).toBe(200);
      seconds += 2;
      expect((await ask()).status).toBe(401);
    } finally {
      await aging.close();
    }
  });

  test('a token of another gateway, another type, or none at all is refused alike', async () => {
    const other = await openDoor();
    try {
      const { token } = await signIn(other, ['registry.read']);
      const { client } = await signIn(door, ['registry.read']);
      const assertion = await signAssertion(client, door.tokenUrl);
      for (const forged of [token, assertion, '', 'x', 'x'.repeat(8000)]) {
        const response = await get('/v1/hospitals', forged);
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toBe('Bearer');
        expect(await response.json()).toEqual({
          type: 'about:blank',
          title: 'A valid access token is needed.',
          status: 401,
          code: 'CALLER_UNKNOWN',
        });
      }
    } finally {
      await other.close();
    }
  });
});
