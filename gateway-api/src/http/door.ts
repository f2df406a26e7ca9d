// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { DomainError, type Handle, type MspId } from '@tutela/chaincode/domain';
import type { Express } from 'express';
import type { Logger } from 'pino';
import type { Identities } from '../identity/identity.js';
import { GATEWAY } from '../ledger/actor.js';
import type { Ledger } from '../ledger/ledger.js';
import type { LedgerFeed } from '../projection/feed.js';
import type { Registry } from '../services/registry.js';
import type { Services } from '../services/services.js';
import { createApp } from './app.js';
import type { Clock } from './body.js';
import type { HomeOf } from './event-view.js';
import { eventStream } from './events.js';
import type { Probes } from './health.js';
import { DEFAULT_LIMITS } from './limits.js';
import { createMetrics } from './metrics.js';
import { AccessTokens } from './oauth/access-tokens.js';
import { authenticator } from './oauth/authenticate.js';
import { ledgerDirectory } from './oauth/ledger-directory.js';
import { rememberedDirectory } from './oauth/remembered-directory.js';
import { OneTimeIds } from './oauth/one-time-ids.js';
import { SystemKeys } from './oauth/system-keys.js';
import { tokenEndpoint } from './oauth/token-endpoint.js';
import { createCopiesApp } from './copies.js';
import { createOperatorApp } from './operator.js';
import { allRoutes } from './routes/index.js';

export type DoorOptions = Readonly<{
  services: Services;
  ledger: Ledger;
  identities: Identities;
  feed: LedgerFeed;
  state: DatabaseSync;
  tokenKey: KeyObject;
  mspId: MspId;
  publicUrl: string;
  probes: Probes;
  reconciliation: () => object;
  logger: Logger;
  randomBytes: (length: number) => Uint8Array;
  newId: () => string;
  /** Milliseconds that never go back, and milliseconds since 1970. */
  now: Clock;
  nowMs: () => number;
}>;

/** The interfaces of a gateway: for systems over HTTPS, for the operator and for the own custodian on Unix sockets. */
export type Door = Readonly<{
  app: Express;
  operatorApp: Express;
  copiesApp: Express;
  /** Ends event streams, which would otherwise outlast every drain. */
  endStreams: () => void;
}>;

export function createDoor(options: DoorOptions): Door {
  const { services, mspId, publicUrl, logger, now, randomBytes, newId } = options;
  const keys = new SystemKeys(options.state);
  const nowSeconds = () => Math.floor(options.nowMs() / 1000);
  const directory = rememberedDirectory(ledgerDirectory({ ...options, keys }), options.nowMs);
  const tokens = new AccessTokens({ key: options.tokenKey, issuer: publicUrl, nowSeconds, newId });
  const authenticate = authenticator(tokens, directory);
  const usedIds = new OneTimeIds(options.state, nowSeconds);
  const tokenUrl = `${publicUrl}/oauth/token`;
  const metrics = createMetrics();
  const closing = new AbortController();
  const streams = { streams: metrics.eventStreams, closing: closing.signal };
  const events = { feed: options.feed, homeOf: homeOf(options.ledger), ...streams };
  void directory.heed(options.feed, closing.signal);
  const registry = forgettingAfter(services.registry, directory.forget);
  const app = createApp({
    ...{ authenticate, metrics, logger, publicUrl, now, randomBytes, limits: DEFAULT_LIMITS },
    routes: allRoutes({ ...services, registry }, keys),
    events: eventStream({ ...events, authenticate }),
    token: tokenEndpoint({ directory, usedIds, tokenUrl, nowSeconds, tokens, mspId }),
    probes: options.probes,
    idempotency: services.idempotency,
  });
  const { reconciliation } = options;
  const operatorApp = createOperatorApp({
    ...{ registry, keys, reconciliation, newId, randomBytes, now, logger },
  });
  return {
    ...{ app, operatorApp },
    copiesApp: createCopiesApp({ copies: services.copies, now, logger }),
    endStreams: () => {
      closing.abort();
    },
  };
}

/** Who was suspended through this gateway is refused by the time that it answers so. */
function forgettingAfter(registry: Registry, forget: () => void): Registry {
  return {
    ...registry,
    changePractitioner: (...given) => registry.changePractitioner(...given).finally(forget),
    changeSystem: (...given) => registry.changeSystem(...given).finally(forget),
  };
}

const MAX_KNOWN_HOMES = 10_000;

/** A handle's home never changes while the handle lives, so it is asked once. */
function homeOf(ledger: Ledger): HomeOf {
  const known = new Map<Handle, MspId | undefined>();
  return async (handle) => {
    if (known.has(handle)) return known.get(handle);
    const home = await askHome(ledger, handle);
    if (known.size >= MAX_KNOWN_HOMES) known.clear();
    if (home !== undefined) known.set(handle, home);
    return home;
  };
}

async function askHome(ledger: Ledger, handle: Handle): Promise<MspId | undefined> {
  try {
    return (await ledger.evaluate(GATEWAY, 'registry:GetPatient', { handle })).mspId;
  } catch (error) {
    if (error instanceof DomainError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
