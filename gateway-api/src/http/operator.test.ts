// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemId } from '@tutela/chaincode/domain';
import { REGISTRAR } from '../ledger/actor.js';
import type { Registry } from '../services/registry.js';
import { SystemKeys } from './oauth/system-keys.js';
import { createOperatorApp } from './operator.js';
import { createLogger } from './request-log.js';
import { listenUnix, type Listener } from '../listen.js';
import { newId } from './testing/door.js';

const clientId = systemId(newId('system'), 'test');
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const jwkOf = ({ publicKey }: { publicKey: ReturnType<typeof ec>['publicKey'] }) =>
  publicKey.export({ format: 'jwk' });

let listener: Listener;
let folder: string;
let path: string;
let keys: SystemKeys;
/** What chance gives. */
const SEED = new Uint8Array(32).fill(7);
let asked: unknown[][];

beforeEach(async () => {
  asked = [];
  const answer =
    (value: object) =>
    (...call: unknown[]) => {
      asked.push(call);
      return Promise.resolve(value);
    };
  const registry = {
    registerSystem: answer({ systemId: clientId, txId: 't' }),
    registerPractitioner: answer({ practitionerId: 'pr_1', txId: 't' }),
  } as unknown as Registry;
  keys = new SystemKeys(new DatabaseSync(':memory:'));
  const app = createOperatorApp({
    ...{ registry, keys, reconciliation: () => ({ orphans: 0 }), newId: () => 'fresh', now: () => 0 },
    randomBytes: (length) => SEED.subarray(0, length),
    logger: createLogger('silent'),
  });
  folder = await mkdtemp(join(tmpdir(), 'tutela-operator-'));
  path = join(folder, 'gateway', 'operator.sock');
  listener = await listenUnix(app, path);
});
afterEach(async () => {
  await listener.close(0);
  await rm(folder, { recursive: true });
});

async function ask(
  method: string,
  target: string,
  body?: object,
): Promise<{ status: number; body: unknown }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: unknown }>();
  const outgoing = request({
    socketPath: path,
    path: target,
    method,
    headers: { 'content-type': 'application/json' },
  });
  outgoing.on('error', reject).on('response', (response) => {
    text(response).then((answer) => {
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(answer) });
    }, reject);
  });
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

describe('the operator’s socket', () => {
  test('attack 23: is for its owner alone, and so is its folder', async () => {
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
  });

  test('shows health and the last rounds of reconciliation', async () => {
    expect(await ask('GET', '/healthz')).toEqual({ status: 200, body: { status: 'up' } });
    expect(await ask('GET', '/operator/reconciliation')).toEqual({ status: 200, body: { orphans: 0 } });
  });

  test.each([
    ['P-384', () => jwkOf(ec('P-384'))],
    ['RSA of 2048 bits', () => jwkOf(rsa(2048))],
  ])('registers a system with a %s key as the registrar, and keeps its public key', async (_, make) => {
    const jwk = make();
    const { status, body } = await ask('POST', '/operator/systems', {
      name: 'Ward',
      jwk,
      scopes: ['records.read'],
    });
    expect({ status, body }).toEqual({ status: 201, body: { clientId, txId: 't' } });
    expect(asked).toMatchObject([[REGISTRAR, { scopes: ['records.read'] }, { seed: SEED }]]);
    expect(keys.get(clientId)).toEqual(jwk);
  });

  test.each([
    ['a private key', () => ec('P-384').privateKey.export({ format: 'jwk' })],
    ['another curve', () => jwkOf(ec('P-256'))],
    ['a short RSA key', () => jwkOf(rsa(1024))],
    ['a point off the curve', () => ({ kty: 'EC', crv: 'P-384', x: 'A'.repeat(64), y: 'A'.repeat(64) })],
    ['a symmetric key', () => ({ kty: 'oct', k: 'AAAA' })],
  ])('refuses %s', async (_, make) => {
    const { status } = await ask('POST', '/operator/systems', {
      name: 'x',
      jwk: make(),
      scopes: ['records.read'],
    });
    expect([status, asked, keys.get(clientId)]).toEqual([400, [], undefined]);
  });

  test('refuses a system without scopes, with unknown ones, or with one twice', async () => {
    const jwk = jwkOf(ec('P-384'));
    for (const scopes of [[], ['everything'], ['records.read', 'records.read']])
      expect((await ask('POST', '/operator/systems', { name: 'x', jwk, scopes })).status).toBe(400);
    expect(asked).toEqual([]);
  });

  test('registers a practitioner, with an own person key where none is named', async () => {
    const { status } = await ask('POST', '/operator/practitioners', { role: 'nurse', department: 'surgery' });
    expect(status).toBe(201);
    const nurse = { role: 'nurse', department: 'surgery', personKey: 'fresh' };
    expect(asked).toMatchObject([[REGISTRAR, nurse, { seed: SEED }]]);
  });

  test('knows nothing else', async () => {
    expect((await ask('GET', '/v1/records')).status).toBe(404);
  });
});
