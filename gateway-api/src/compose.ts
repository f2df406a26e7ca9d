// SPDX-License-Identifier: Apache-2.0
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HospitalAgents, Members, type MembersLedger } from '@tutela/fabric';
import { openSwarmVault, parseRestCredentials } from '@tutela/ipfs-cluster';
import type { Logger } from 'pino';
import type { Config } from './config/config.js';
import type { Secrets } from './config/secrets.js';
import { loadTokenKey } from './config/token-key.js';
import { custodyProbe } from './custody-probe.js';
import { createDoor, type Door } from './http/door.js';
import { openCertificateAuthority } from './identity/certificate-authority.js';
import { createFabricIdentities } from './identity/fabric-identities.js';
import { fabricSigner } from './identity/fabric-signer.js';
import type { Identities } from './identity/identity.js';
import { SealedKeys } from './identity/sealed-keys.js';
import { createHttpsCustodians } from './keys/https-custodians.js';
import { watchRoots } from './keys/trusted-roots.js';
import { openFabricLedger } from './ledger/fabric-ledger.js';
import type { Ledger } from './ledger/ledger.js';
import type { Lifecycle } from './lifecycle.js';
import { createFeed } from './projection/create-feed.js';
import { createReconciler } from './reconciler/create-reconciler.js';
import { ContentIndex } from './services/content-index.js';
import { createServices } from './services/create-services.js';
import { createCustodyDirectory } from './services/custody-directory.js';
import { PartJournal } from './services/part-journal.js';
import type { Services } from './services/services.js';
import { openState, type State } from './state/open-state.js';
import { unlockState, type GatewayKeys } from './state/unlock-state.js';
import { createCustodianNodes } from './storage/custodian-nodes.js';
import type { CustodianNodes } from './storage/custodian-nodes.js';
import type { Storage } from './storage/storage.js';
import { createSwarmStorage } from './storage/swarm-storage.js';

const PROBE_PATIENCE = { connectMs: 10_000, answerMs: 10_000 } as const;

/** A gateway whose parts are tied together and not yet started. */
export type Composed = Readonly<{
  door: Door;
  services: Services;
  /** Work that goes on until the signal aborts. */
  background: readonly ((signal: AbortSignal) => Promise<void>)[];
}>;

/** Ties implementations to their ports; the only file that knows both. What it opens is closed by `lifecycle`. */
export async function compose(
  config: Config,
  secrets: Secrets,
  surroundings: Readonly<{ logger: Logger; lifecycle: Lifecycle }>,
): Promise<Composed> {
  const { logger: log, lifecycle } = surroundings;
  await mkdir(config.stateDir, { recursive: true, mode: 0o700 });
  const state = openState(join(config.stateDir, 'state.db'));
  lifecycle.onStop(() => {
    state.close();
  });
  const keys = unlockState(state, secrets, randomBytes);
  const identities = openIdentities(config, secrets, { state, keys, lifecycle });
  const ledger = openLedger(config, secrets, { identities, log, lifecycle });
  const trusted = watchRoots(config.tls.rootsFile, secrets.tlsRoots, (error) => {
    log.warn({ err: error }, 'the TLS authorities of the hospitals could not be read again');
  });
  lifecycle.onStop(trusted.close);
  const tls = { cert: secrets.tlsCert, key: secrets.tlsKey, roots: trusted.roots };
  const members = new Members(ledger, nowMs);
  const custodians = createHttpsCustodians({ tls, members }, config.mspId);
  lifecycle.onStop(() => custodians.close());
  const directory = createCustodyDirectory({ ledger, nowMs });
  const others = createCustodianNodes({
    mspId: config.mspId,
    copies: custodians,
    custodians: () => directory.custodians(),
  });
  const threshold = async () => (await directory.current()).threshold;
  const storage = openStorage(config, secrets, { others, threshold, lifecycle });
  const deps = {
    ...{ ledger, storage, custodians, identities, state, log, random: randomBytes, nowMs },
    ...{ secretKey: keys.atRest, bodyTagKey: keys.bodyTag },
  };
  const services = createServices(deps);
  const feed = createFeed(deps);
  const reconciler = createReconciler({
    ...{ ...deps, services },
    ...{ parts: new PartJournal(state), content: new ContentIndex(state) },
  });
  const custody = custodyProbe(ledger, new HospitalAgents(tls, members, PROBE_PATIENCE));
  lifecycle.onStop(() => custody.close());
  const door = createDoor({
    ...{ services, ledger, identities, feed, state, logger: log, randomBytes, nowMs, newId: randomUUID },
    ...{ mspId: config.mspId, publicUrl: config.publicUrl, now: () => performance.now() },
    tokenKey: await loadTokenKey(config.stateDir, secrets.passphrase),
    reconciliation: () => reconciler.report(),
    probes: {
      ledger: () => demand(ledger.isReachable(), 'the peer does not answer'),
      storage: () => demand(storage.isReachable(), 'the storage does not answer'),
      custody: custody.probe,
    },
  });
  const background = [
    (signal: AbortSignal) => feed.run(signal),
    (signal: AbortSignal) => reconciler.run(signal),
    (signal: AbortSignal) => services.degraded.accuseLate(signal),
  ];
  return { door, services, background };
}

function openIdentities(
  config: Config,
  secrets: Secrets,
  given: Readonly<{ state: State; keys: GatewayKeys; lifecycle: Lifecycle }>,
): Identities {
  const { state, keys, lifecycle } = given;
  const registrar = fabricSigner(secrets.registrarCert, secrets.registrarKey);
  const authority = openCertificateAuthority({ url: config.ca.url, tlsRoot: secrets.caTlsRoot, registrar });
  lifecycle.onStop(() => authority.close());
  return createFabricIdentities({
    keys: new SealedKeys(state, keys.atRest, randomBytes),
    ...{ authority, registrar, tagKey: keys.personTag, random: randomBytes },
    gateway: fabricSigner(secrets.identityCert, secrets.identityKey),
  });
}

function openLedger(
  config: Config,
  secrets: Secrets,
  given: Readonly<{ identities: Identities; log: Logger; lifecycle: Lifecycle }>,
): Ledger & MembersLedger {
  const { channel, chaincode, mspId, peer } = config;
  const { identities, log, lifecycle } = given;
  const ledger = openFabricLedger({
    ...{ channel, chaincode, mspId, identities, log, nowMs, chance: Math.random },
    ...{ peerEndpoint: peer.endpoint, peerTlsRoot: secrets.peerTlsRoot },
  });
  lifecycle.onStop(() => {
    ledger.close();
  });
  return ledger;
}

function openStorage(
  config: Config,
  secrets: Secrets,
  given: Readonly<{ others: CustodianNodes; threshold: () => Promise<number>; lifecycle: Lifecycle }>,
): Storage {
  const { others, threshold, lifecycle } = given;
  const { user, password } = secrets.clusterCredentials;
  const vault = openSwarmVault({
    ...{ kuboSocket: config.kuboSocket, clusterUrl: config.cluster.url },
    credentials: parseRestCredentials(`${user}:${password}`),
    pinIndexPath: join(config.stateDir, 'pins.db'),
  });
  lifecycle.onStop(() => vault.close());
  return createSwarmStorage(vault, others, threshold);
}

function nowMs(): number {
  return Date.now();
}

async function demand(asked: Promise<boolean>, otherwise: string): Promise<void> {
  if (!(await asked)) throw new Error(otherwise);
}
