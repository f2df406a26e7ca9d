// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SCOPES, systemId, type EnrolmentId } from '@tutela/chaincode/domain';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import type { TestGateway } from '../../testing/index.js';
import { createDoor } from '../door.js';
import { createLogger } from '../request-log.js';
import { signAssertion, type Client } from './door.js';

const PUBLIC_URL = 'https://localhost:8443';

/** A hospital's real door over the real rules in one process, with a system that is registered like any other. */
export type WholeDoor = Readonly<{
  gateway: TestGateway;
  /** A token for a practitioner of this hospital, from the token endpoint. */
  tokenFor: (practitioner: EnrolmentId) => Promise<string>;
  ask: (token: string, method: string, path: string, body?: object | string) => Promise<Response>;
  close: () => Promise<void>;
}>;

export async function openWholeDoor(gateway: TestGateway): Promise<WholeDoor> {
  const { services, deps, mspId } = gateway;
  const up = () => Promise.resolve();
  const { app, operatorApp, endStreams } = createDoor({
    ...{ services, mspId, ledger: deps.ledger, identities: deps.identities, state: deps.state },
    ...{ publicUrl: PUBLIC_URL, logger: createLogger('silent'), randomBytes, newId: randomUUID },
    ...{ now: () => performance.now(), nowMs: () => Date.now(), reconciliation: () => ({}) },
    feed: { subscribe: () => nothing() },
    tokenKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    probes: { ledger: up, storage: up, custody: up },
  });
  const servers = [await listen(app), await listen(operatorApp)] as const;
  const [url, operatorUrl] = servers.map(
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  );
  const client = await registerSystem(String(operatorUrl));
  return {
    gateway,
    tokenFor: (practitioner) => tokenFor(String(url), client, practitioner),
    ask: (token, method, path, body) => fetch(`${String(url)}${path}`, request(token, method, body)),
    close: async () => {
      endStreams();
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function request(token: string, method: string, body: object | string | undefined): RequestInit {
  const type = typeof body === 'object' ? 'application/json' : 'text/plain';
  return {
    method,
    headers: {
      ...{ authorization: `Bearer ${token}`, 'idempotency-key': randomUUID() },
      ...(body !== undefined && { 'content-type': type }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  };
}

async function registerSystem(operatorUrl: string): Promise<Client> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const jwk = await exportJWK(publicKey);
  const answer = await fetch(`${operatorUrl}/operator/systems`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Test', jwk, scopes: SCOPES }),
  });
  const { clientId } = (await answer.json()) as { clientId: unknown };
  return {
    clientId: systemId(clientId, 'clientId'),
    privateKey,
    jwk,
    thumbprint: await calculateJwkThumbprint(jwk),
  };
}

async function tokenFor(url: string, client: Client, practitioner: EnrolmentId): Promise<string> {
  const form = new URLSearchParams({
    ...{ grant_type: 'client_credentials', scope: SCOPES.join(' '), practitioner },
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await signAssertion(client, `${PUBLIC_URL}/oauth/token`),
  });
  const answer = await fetch(`${url}/oauth/token`, { method: 'POST', body: form });
  const { access_token: token } = (await answer.json()) as { access_token?: unknown };
  if (typeof token !== 'string') throw new Error(`no token: ${String(answer.status)}`);
  return token;
}

async function listen(app: RequestListener): Promise<Server> {
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function* nothing(): AsyncGenerator<never> {
  // No client of these tests follows events.
}
