// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Hospital } from '../topology/topology.js';

/** An identity on disk: a Fabric MSP folder with one certificate and its key. */
export interface IdentityFiles {
  readonly mspDir: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** A TLS key pair on disk, with the root that issued it. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly rootFile: string;
}

/** Who holds an identity issued by a hospital's certificate authority. */
export type IdentityHolder =
  'peer' | 'orderer' | 'admin' | 'operator' | 'registrar' | 'custodian' | 'gateway';

/** Who holds a TLS key pair issued by a hospital's TLS certificate authority. */
export type TlsHolder = 'peer' | 'orderer' | 'chaincode' | 'operator' | 'custodian' | 'gateway';

/** Where everything of one hospital lies. */
export interface HospitalLayout {
  readonly root: string;
  readonly ca: string;
  readonly caCertFile: string;
  readonly tlsCaCertFile: string;
  /** The public half of the hospital's membership, as it enters the channel. */
  readonly msp: string;
  readonly peer: string;
  readonly orderer: string;
  readonly chaincode: string;
  readonly kubo: string;
  readonly cluster: string;
  readonly clusterCredentialsFile: string;
  readonly custodian: string;
  readonly custodianSocket: string;
  readonly gateway: string;
  readonly gatewaySocket: string;
  readonly copiesSocket: string;
  readonly operator: string;
  readonly clients: string;
  readonly logs: string;
  readonly identity: (holder: IdentityHolder) => IdentityFiles;
  readonly tls: (holder: TlsHolder) => TlsFiles;
}

/** Where everything of the consortium lies. */
export interface StateLayout {
  readonly root: string;
  readonly topologyFile: string;
  readonly portsFile: string;
  readonly profileFile: string;
  readonly lockFile: string;
  /** Held while a story is played. */
  readonly storyLockFile: string;
  readonly processesFile: string;
  readonly supervisorSocket: string;
  readonly supervisorLog: string;
  readonly consortium: string;
  readonly configtxDir: string;
  readonly genesisBlock: string;
  readonly tlsRoots: string;
  readonly swarmKey: string;
  readonly clusterSecret: string;
  readonly collections: string;
  readonly packageFile: string;
  readonly hospital: (id: string) => HospitalLayout;
}

/** Derives every path from the state folder. */
export function layoutState(root: string): StateLayout {
  const consortium = join(root, 'consortium');
  return {
    root,
    topologyFile: join(root, 'topology.yaml'),
    portsFile: join(root, 'ports.json'),
    profileFile: join(root, 'profile.json'),
    lockFile: join(root, 'up.lock'),
    storyLockFile: join(root, 'story.lock'),
    processesFile: join(root, 'processes.json'),
    supervisorSocket: join(root, 'supervisor.sock'),
    supervisorLog: join(root, 'supervisor.log'),
    consortium,
    configtxDir: join(consortium, 'configtx'),
    genesisBlock: join(consortium, 'genesis.block'),
    tlsRoots: join(consortium, 'tls-roots.pem'),
    swarmKey: join(consortium, 'swarm.key'),
    clusterSecret: join(consortium, 'cluster.secret'),
    collections: join(consortium, 'collections.json'),
    packageFile: join(consortium, 'chaincode.tar.gz'),
    hospital: (id) => layoutHospital(join(root, 'hospitals', id)),
  };
}

/** Lists the Unix sockets of a consortium, whose paths the system limits. */
export function socketPaths(layout: StateLayout, hospitals: readonly Hospital[]): readonly string[] {
  const each = hospitals.map(({ id }) => layout.hospital(id));
  return [
    layout.supervisorSocket,
    ...each.flatMap((at) => [
      at.custodianSocket,
      at.gatewaySocket,
      at.copiesSocket,
      join(at.kubo, 'rpc.sock'),
    ]),
  ];
}

function layoutHospital(root: string): HospitalLayout {
  const at = (...parts: string[]) => join(root, ...parts);
  const operators: readonly string[] = ['admin', 'operator', 'registrar'];
  return {
    root,
    ca: at('ca'),
    caCertFile: at('ca', 'ca-cert.pem'),
    tlsCaCertFile: at('ca', 'tlsca', 'ca-cert.pem'),
    msp: at('msp'),
    peer: at('peer'),
    orderer: at('orderer'),
    chaincode: at('chaincode'),
    kubo: at('kubo'),
    cluster: at('cluster'),
    clusterCredentialsFile: at('cluster', 'credentials'),
    custodian: at('custodian'),
    custodianSocket: at('custodian', 'operator.sock'),
    gateway: at('gateway'),
    gatewaySocket: at('gateway', 'operator.sock'),
    copiesSocket: at('gateway', 'copies.sock'),
    operator: at('operator'),
    clients: at('operator', 'clients'),
    logs: at('logs'),
    identity: (holder) =>
      identityFiles(operators.includes(holder) ? at('operator', holder, 'msp') : at(holder, 'msp')),
    tls: (holder) => tlsFiles(at(holder, 'tls')),
  };
}

function identityFiles(mspDir: string): IdentityFiles {
  return {
    mspDir,
    certFile: join(mspDir, 'signcerts', 'cert.pem'),
    keyFile: join(mspDir, 'keystore', 'key.pem'),
  };
}

function tlsFiles(dir: string): TlsFiles {
  return { certFile: join(dir, 'cert.pem'), keyFile: join(dir, 'key.pem'), rootFile: join(dir, 'ca.pem') };
}
