// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, randomBytes, randomUUID, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import {
  DomainError,
  enrolmentId,
  ID_PREFIXES,
  instantOf,
  mspId,
  systemId,
  toBase64Url,
  type EnrolmentId,
  type MspId,
  type Practitioner,
  type Scope,
  type Status,
  type System,
  type SystemId,
} from '@tutela/chaincode/domain';
import type { Express } from 'express';
import { calculateJwkThumbprint, exportJWK, SignJWT, type JWK, type JWTPayload } from 'jose';
import type { LedgerFeed } from '../../projection/feed.js';
import { attemptInMemory, SEED_BYTES, type Attempt } from '../../services/attempt.js';
import type { Idempotency } from '../../services/idempotency.js';
import type { Services } from '../../services/services.js';
import { createApp } from '../app.js';
import type { HomeOf } from '../event-view.js';
import { eventStream } from '../events.js';
import type { Probes } from '../health.js';
import { DEFAULT_LIMITS, type Limits } from '../limits.js';
import { createMetrics } from '../metrics.js';
import { AccessTokens } from '../oauth/access-tokens.js';
import { authenticator } from '../oauth/authenticate.js';
import type { Directory } from '../oauth/directory.js';
import { OneTimeIds } from '../oauth/one-time-ids.js';
import { SystemKeys } from '../oauth/system-keys.js';
import { tokenEndpoint } from '../oauth/token-endpoint.js';
import { createLogger } from '../request-log.js';
import { allRoutes } from '../routes/index.js';

export const ALDER: MspId = mspId('AlderMSP', 'test');
const PUBLIC_URL = 'https://localhost:8443';
const REGISTERED_AT = instantOf(Date.UTC(2026, 0, 1));

/** A random id of the product. */
export function newId(kind: keyof typeof ID_PREFIXES): string {
  return `${ID_PREFIXES[kind]}${toBase64Url(randomBytes(16))}`;
}

/** A system with its private key, as an integrator has it. */
export type Client = Readonly<{ clientId: SystemId; privateKey: KeyObject; jwk: JWK; thumbprint: string }>;

/** Who is registered, for tests to change under a running door. */
export class World implements Directory {
  readonly systems: Map<string, System> = new Map();
  readonly practitioners: Map<string, Practitioner> = new Map();
  readonly held = new Set<string>();
  readonly keys = new SystemKeys(new DatabaseSync(':memory:'));

  system: Directory['system'] = (id) => Promise.resolve(this.systems.get(id));
  systemKey: Directory['systemKey'] = (id) => Promise.resolve(this.keys.get(id));
  practitioner: Directory['practitioner'] = (id) => Promise.resolve(this.practitioners.get(id));
  holdsIdentity: Directory['holdsIdentity'] = (id) => Promise.resolve(this.held.has(id));

  addPractitioner(options: Readonly<{ of?: string; status?: Status; held?: boolean }> = {}): EnrolmentId {
    const practitionerId = enrolmentId(newId('practitioner'), 'test');
    this.practitioners.set(practitionerId, {
      ...{ v: 1, practitionerId, role: 'physician', department: 'surgery', personTag: 'A'.repeat(43) },
      ...{ mspId: mspId(options.of ?? ALDER, 'test'), status: options.status ?? 'active' },
      registeredAt: REGISTERED_AT,
    });
    if (options.held !== false) this.held.add(practitionerId);
    return practitionerId;
  }

  async addClient(scopes: readonly Scope[], kind: 'EC' | 'RSA' = 'EC'): Promise<Client> {
    const clientId = systemId(newId('system'), 'test');
    const { publicKey, privateKey } =
      kind === 'EC'
        ? generateKeyPairSync('ec', { namedCurve: 'P-384' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = await exportJWK(publicKey);
    const thumbprint = await calculateJwkThumbprint(jwk);
    this.keys.put(clientId, jwk, 'a test system');
    const shape = { v: 1, systemId: clientId, jwkThumbprint: thumbprint, mspId: ALDER } as const;
    this.systems.set(clientId, { ...shape, scopes, status: 'active', registeredAt: REGISTERED_AT });
    return { clientId, privateKey, jwk, thumbprint };
  }

  setSystemStatus(id: SystemId, status: Status): void {
    const system = this.systems.get(id);
    if (system !== undefined) this.systems.set(id, { ...system, status });
  }

  setPractitionerStatus(id: EnrolmentId, status: Status): void {
    const practitioner = this.practitioners.get(id);
    if (practitioner !== undefined) this.practitioners.set(id, { ...practitioner, status });
  }
}

/** An idempotency that forgets with the process: same contract, no disk. */
export function memoryIdempotency(): Idempotency {
  const runs = new Map<string, { digest: string; attempt: Attempt; answer?: object; busy: boolean }>();
  return {
    run: async <T extends object>(
      { scope, key, digest }: Parameters<Idempotency['run']>[0],
      act: (attempt: Attempt) => Promise<T>,
    ) => {
      const name = `${scope} ${key}`;
      const hex = Buffer.from(digest).toString('hex');
      const run = runs.get(name) ?? {
        digest: hex,
        attempt: attemptInMemory(randomBytes(SEED_BYTES)),
        busy: false,
      };
      if (run.digest !== hex) throw new DomainError('CONFLICT', 'the key was used for another request');
      if (run.busy) throw new DomainError('CONFLICT', 'the request is being worked on');
      runs.set(name, run);
      // What was stored under this name came from an act of the same operation.
      if (run.answer !== undefined) return run.answer as T;
      run.busy = true;
      try {
        const answer = await act(run.attempt);
        run.answer = answer;
        return answer;
      } finally {
        run.busy = false;
      }
    },
  };
}

export type DoorOptions = Readonly<{
  services?: Partial<Services>;
  limits?: Partial<Limits>;
  feed?: LedgerFeed;
  homeOf?: HomeOf;
  probes?: Partial<Probes>;
  nowSeconds?: () => number;
  heartbeatMs?: number;
  usedIdsPath?: string;
}>;

/** A door with real HTTP in front and doubles behind; `log` holds every line that was written. */
export type Door = Readonly<{
  world: World;
  log: readonly string[];
  app: Express;
  url: string;
  port: number;
  tokenUrl: string;
  tokens: AccessTokens;
  close: () => Promise<void>;
}>;

export async function openDoor(options: DoorOptions = {}): Promise<Door> {
  const world = new World();
  const log: string[] = [];
  const logger = createLogger('debug', { write: (line) => void log.push(line) });
  const nowSeconds = options.nowSeconds ?? (() => Math.floor(Date.now() / 1000));
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const tokens = new AccessTokens({ key, issuer: PUBLIC_URL, nowSeconds, newId: randomUUID });
  const usedIds = new OneTimeIds(new DatabaseSync(options.usedIdsPath ?? ':memory:'), nowSeconds);
  const tokenUrl = `${PUBLIC_URL}/oauth/token`;
  const rules = { directory: world, usedIds, tokenUrl, nowSeconds, tokens, mspId: ALDER };
  const idempotency = options.services?.idempotency ?? memoryIdempotency();
  const authenticate = authenticator(tokens, world);
  const metrics = createMetrics();
  const closing = new AbortController();
  const up = () => Promise.resolve();
  const app = createApp({
    routes: allRoutes(withUnexpected(options.services ?? {}), world.keys),
    events: eventStream({
      feed: options.feed ?? { subscribe: () => noEvents() },
      homeOf: options.homeOf ?? (() => Promise.resolve(undefined)),
      authenticate,
      streams: metrics.eventStreams,
      closing: closing.signal,
      ...(options.heartbeatMs !== undefined && { heartbeatMs: options.heartbeatMs }),
    }),
    ...{ authenticate, metrics, logger, idempotency, randomBytes },
    token: tokenEndpoint(rules),
    probes: { ledger: up, storage: up, custody: up, ...options.probes },
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    publicUrl: PUBLIC_URL,
    now: () => performance.now(),
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    ...{ world, log, app, url, port, tokenUrl, tokens },
    close: async () => {
      closing.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function* noEvents(): AsyncGenerator<never> {
  // A quiet ledger.
}

/** Services that a test did not name fail loudly when they are called. */
function withUnexpected(services: Partial<Services>): Services {
  const unexpected = (service: string) =>
    new Proxy(
      {},
      {
        get: (_target, call) => () => {
          throw new Error(`${service}.${String(call)} was not expected`);
        },
      },
    );
  return new Proxy(services, {
    get: (target, name): unknown => Reflect.get(target, name) ?? unexpected(String(name)),
  }) as Services;
}

/** A client assertion (RFC 7523); every claim and header can be bent. */
export async function signAssertion(
  client: Client,
  audience: string,
  bent: Readonly<{ claims?: JWTPayload; header?: Record<string, unknown>; key?: KeyObject }> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ iss: client.clientId, sub: client.clientId, aud: audience, jti: randomUUID(), exp: now + 120 },
    ...bent.claims,
  };
  const alg = client.jwk.kty === 'EC' ? 'ES384' : 'RS384';
  return new SignJWT(claims)
    .setProtectedHeader({ alg, kid: client.thumbprint, ...bent.header })
    .sign(bent.key ?? client.privateKey);
}

/** Asks the token endpoint; fields can be added or replaced. */
export async function askToken(
  door: Door,
  fields: Readonly<{ assertion: string; scope?: string; practitioner?: string }>,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: fields.assertion,
    ...(fields.scope !== undefined && { scope: fields.scope }),
    ...(fields.practitioner !== undefined && { practitioner: fields.practitioner }),
  });
  const response = await fetch(`${door.url}/oauth/token`, { method: 'POST', body: form });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Registers a client and a practitioner, and gets a token through the real endpoint. */
export async function signIn(
  door: Door,
  scopes: readonly Scope[],
): Promise<Readonly<{ client: Client; practitionerId: EnrolmentId; token: string }>> {
  const client = await door.world.addClient(scopes);
  const practitionerId = door.world.addPractitioner();
  const assertion = await signAssertion(client, door.tokenUrl);
  const { body } = await askToken(door, { assertion, scope: scopes.join(' '), practitioner: practitionerId });
  return { client, practitionerId, token: String(body.access_token) };
}
