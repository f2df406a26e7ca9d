// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { TLSSocket } from 'node:tls';
import { DomainError, HOSPITAL_HEADER } from '@tutela/chaincode/domain';
import { passphraseName, readPassphrase, readSecret, SecretError } from '@tutela/crypto/secrets';
import { Members } from '@tutela/fabric';
import { pino } from 'pino';
import type { Config } from './config/config.js';
import { openCopyKeeper } from './copies/copy-keeper.js';
import { custodianFiles, type Custodian, type CustodianPorts, type CustodianSettings } from './custodian.js';
import { certificateKey, identityOf } from './identity.js';
import { FabricLedger } from './ledger/fabric-ledger.js';
import { failureCode, type Log } from './log.js';
import { openCustodian } from './open-custodian.js';
import { httpsPeerClient, type TlsMaterial } from './peers/peer-client.js';
import { RootsFile } from './peers/trusted-roots.js';
import { runCustodian } from './run-custodian.js';
import { serve, type HospitalOf, type Route } from './server/http.js';
import { listenForOperator, listenForPeers } from './server/listen.js';
import { limitByAuthority } from './server/request-limit.js';
import { operatorRoutes } from './server/operator-routes.js';
import { peerRoutes } from './server/routes.js';
import { passphraseSealer } from './share/sealer.js';

/** A running custodian process. */
export type RunningCustodian = Readonly<{ close: () => Promise<void> }>;

/** Starts a custodian: reads its material, opens its disk, listens, and joins the consortium. */
export function startCustodian(config: Config): Promise<RunningCustodian> {
  return startCustodianWith(config, peerRoutes);
}

/** As {@link startCustodian}, answering other hospitals by the given routes. */
export async function startCustodianWith(
  config: Config,
  routesOf: (custodian: Custodian) => readonly Route[],
): Promise<RunningCustodian> {
  const log: Log = pino({ name: 'custodian', level: config.logLevel, base: { mspId: config.mspId } });
  const roots = await RootsFile.open(config.tls.rootsFile, log);
  const tls = { ...(await readTls(config)), roots };
  const { ports, ledger, members } = await openPorts(config, { tls, log });
  const settings: CustodianSettings = config;
  const custodian = await openCustodian(ports, settings);
  const files = await custodianFiles(config.stateDir);
  const peers = await listenForPeers(
    serve(routesOf(custodian), log, limitByAuthority(Date.now), byCertificate(members)),
    tls,
    config.listen,
  );
  const stop = new AbortController();
  const running = runCustodian({ custodian, chain: custodian.chain, ports, settings }, stop.signal);
  running.catch((error: unknown) => {
    log.error({ code: failureCode(error) }, 'the custodian stopped working');
  });
  const operator = await listenForOperator(serve(operatorRoutes(custodian), log), files.socket);
  log.info({ url: config.url }, 'the custodian is ready');
  return {
    close: async () => {
      stop.abort();
      // So that nothing that is being fetched for another hospital keeps the listener from ending.
      await ports.copyKeeper.close();
      await Promise.allSettled([operator.close(), peers.close(), running]);
      await Promise.allSettled([ports.client.close(), custodian.journal.close()]);
      ledger.close();
      roots.close();
    },
  };
}

/** The hospital that the caller names, if that one issued the certificate that the TLS layer has verified. */
function byCertificate(members: Members): HospitalOf {
  return async ({ socket, headers: { [HOSPITAL_HEADER]: mspId } }) => {
    if (!(socket instanceof TLSSocket) || typeof mspId !== 'string')
      throw new DomainError('CALLER_UNKNOWN', 'the caller has no certificate or names no hospital');
    await members.require(mspId, socket.getPeerCertificate().raw);
    return mspId;
  };
}

async function openPorts(
  config: Config,
  { tls, log }: Readonly<{ tls: TlsMaterial; log: Log }>,
): Promise<Readonly<{ ports: CustodianPorts; ledger: FabricLedger; members: Members }>> {
  const { mspId, identity: files, peer } = config;
  const [certificate, key, tlsRoot, passphrase] = await Promise.all([
    readFile(files.certFile),
    required(readSecret(files.keyFile, config.credentialsFolder)),
    readFile(peer.tlsRootFile),
    required(readPassphrase(config.passphrase, config.credentialsFolder)),
  ]);
  const privateKey = Buffer.from(key);
  const identity = identityOf(mspId, createPrivateKey(privateKey));
  if (identity.publicKey !== certificateKey(certificate))
    throw new Error('[BAD_CONFIG] the identity key does not belong to the identity certificate');
  const { endpoint, channel, chaincode } = peer;
  const access = { endpoint, channel, chaincode, tlsRoot, mspId, certificate, privateKey };
  const ledger = new FabricLedger({ ...access, nowMs: Date.now, chance: Math.random });
  const sealer = passphraseSealer(passphrase, passphraseName(config.passphrase));
  const members = new Members(ledger, Date.now);
  const client = httpsPeerClient({ tls, members }, mspId);
  const copyKeeper = openCopyKeeper(config.copiesSocket);
  return { ports: { ledger, client, copyKeeper, identity, sealer, clock: Date.now, log }, ledger, members };
}

async function readTls({ tls, credentialsFolder }: Config): Promise<Omit<TlsMaterial, 'roots'>> {
  const [certificate, key] = await Promise.all([
    readFile(tls.certFile),
    required(readSecret(tls.keyFile, credentialsFolder)),
  ]);
  return { certificate, privateKey: Buffer.from(key) };
}

async function required(secret: Promise<string>): Promise<string> {
  try {
    return await secret;
  } catch (cause) {
    if (cause instanceof SecretError) throw new Error(`[BAD_CONFIG] ${cause.message}`, { cause });
    throw cause;
  }
}
