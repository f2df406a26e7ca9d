// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { kuboRpcSocket } from '@tutela/ipfs-cluster/nodes';
import type { PassphraseSource } from '../topology/schema.js';
import { reached, listening, processSpec, type HospitalContext } from './context.js';
import type { ProcessSpec } from './process-spec.js';

/**
 * What keeps a gateway's memory flat while gigabytes pass: a small young generation frees the buffers of a stream soon,
 * and glibc gives large ones back to the system at once (mallopt(3)) instead of keeping them in a heap for each thread.
 */
const FLAT_MEMORY = {
  nodeFlags: ['--max-semi-space-size=1'],
  env: { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' },
} as const;

/** The guard of the hospital's share of the consortium key. */
export function custodianProcess(context: HospitalContext): ProcessSpec {
  const { at, ports, productDir, nodeProgram } = context;
  const freshness = context.topology.custodyFreshnessSeconds;
  return processSpec(context, {
    kind: 'custodian',
    address: `https://${reached(context, ports.custodian)}`,
    command: nodeProgram,
    args: [join(productDir, 'custodian', 'dist', 'main.js')],
    env: {
      ...common(context, 'custodian', at.custodian, ports.custodian),
      TUTELA_CUSTODIAN_URL: `https://${reached(context, ports.custodian)}`,
      TUTELA_CUSTODIAN_COPIES_SOCKET: at.copiesSocket,
      ...(freshness !== undefined && { TUTELA_CUSTODIAN_FRESHNESS_SECONDS: String(freshness) }),
    },
    cwd: at.custodian,
    dependsOn: ['peer', 'chaincode'],
    readiness: { kind: 'socket', socketPath: at.custodianSocket, method: 'GET', path: '/healthz' },
    staleSockets: [at.custodianSocket],
  });
}

/** The hospital's door: its REST and FHIR interface. */
export function gatewayProcess(context: HospitalContext): ProcessSpec {
  const { at, ports, productDir, nodeProgram } = context;
  const registrar = at.identity('registrar');
  return processSpec(context, {
    kind: 'gateway',
    address: `https://${reached(context, ports.gateway)}`,
    command: nodeProgram,
    args: [...FLAT_MEMORY.nodeFlags, join(productDir, 'gateway-api', 'dist', 'main.js')],
    env: {
      ...common(context, 'gateway', at.gateway, ports.gateway),
      ...FLAT_MEMORY.env,
      TUTELA_GATEWAY_PUBLIC_URL: `https://${reached(context, ports.gateway)}`,
      TUTELA_GATEWAY_KUBO_SOCKET: kuboRpcSocket(at.kubo),
      TUTELA_GATEWAY_CLUSTER_URL: `http://${listening(context, ports.clusterRest)}`,
      TUTELA_GATEWAY_CLUSTER_CREDENTIALS_FILE: at.clusterCredentialsFile,
      TUTELA_GATEWAY_CA_URL: `https://${reached(context, ports.ca)}`,
      TUTELA_GATEWAY_CA_TLS_ROOT_FILE: at.caCertFile,
      TUTELA_GATEWAY_REGISTRAR_CERT_FILE: registrar.certFile,
      TUTELA_GATEWAY_REGISTRAR_KEY_FILE: registrar.keyFile,
    },
    cwd: at.gateway,
    dependsOn: ['peer', 'chaincode', 'kubo', 'cluster'],
    readiness: { kind: 'socket', socketPath: at.gatewaySocket, method: 'GET', path: '/healthz' },
    staleSockets: [at.gatewaySocket, at.copiesSocket],
  });
}

/** What a custodian and a gateway are told alike: who they are, where they listen, and where their own peer is. */
function common(
  context: HospitalContext,
  part: 'custodian' | 'gateway',
  stateDir: string,
  port: number,
): Record<string, string> {
  const { at, hospital, layout, ports, topology } = context;
  const prefix = `TUTELA_${part.toUpperCase()}_`;
  const identity = at.identity(part);
  const tls = at.tls(part);
  const values = {
    MSP_ID: hospital.mspId,
    LISTEN: listening(context, port),
    STATE_DIR: stateDir,
    TLS_CERT_FILE: tls.certFile,
    TLS_KEY_FILE: tls.keyFile,
    TLS_ROOTS_FILE: layout.tlsRoots,
    IDENTITY_CERT_FILE: identity.certFile,
    IDENTITY_KEY_FILE: identity.keyFile,
    PEER_ENDPOINT: reached(context, ports.peer),
    PEER_TLS_ROOT_FILE: at.tlsCaCertFile,
    CHANNEL: topology.channel,
    CHAINCODE: topology.chaincode,
    ...passphraseSetting(passphraseOf(context, part)),
  };
  const entries = Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]);
  return { NODE_ENV: 'production', ...(Object.fromEntries(entries) as Record<string, string>) };
}

/** The passphrase that the bring-up makes and keeps, in the folder of a custodian or a gateway. */
export function keptPassphraseFile(folder: string): string {
  return join(folder, 'passphrase');
}

/** Where the passphrase of a custodian or a gateway comes from: as the topology names it, else from its own folder. */
function passphraseOf({ at, hospital }: HospitalContext, part: 'custodian' | 'gateway'): PassphraseSource {
  return hospital[`${part}Passphrase`] ?? { file: keptPassphraseFile(at[part]) };
}

function passphraseSetting(source: PassphraseSource): Record<string, string> {
  return 'file' in source
    ? { PASSPHRASE_FILE: source.file }
    : { PASSPHRASE_COMMAND: JSON.stringify(source.command) };
}
