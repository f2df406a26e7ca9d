// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { hospitalContext, reached, listening, type PlanInputs } from './context.js';
import { processKinds, type ProcessKind } from './process-spec.js';

/** Where one hospital can be reached, and with which files; paths are absolute. */
export interface HospitalProfile {
  readonly id: string;
  readonly name: string;
  readonly mspId: string;
  readonly gatewayUrl: string;
  readonly gatewaySocket: string;
  readonly custodianUrl: string;
  readonly custodianSocket: string;
  readonly peerEndpoint: string;
  readonly peerTlsRootFile: string;
  readonly ordererEndpoint: string | null;
  readonly caUrl: string;
  readonly caTlsRootFile: string;
  readonly kuboSocket: string;
  readonly kuboRepo: string;
  readonly clusterUrl: string;
  readonly clusterCredentialsFile: string;
  /** Identities for operating and testing, as Fabric MSP folders. */
  readonly identities: Readonly<
    Record<'admin' | 'operator' | 'registrar' | 'gateway' | 'custodian', IdentityPaths>
  >;
  readonly operatorTls: { readonly certFile: string; readonly keyFile: string };
  readonly operationsUrls: { readonly peer: string; readonly orderer: string | null };
  readonly folder: string;
  readonly logs: Readonly<Record<ProcessKind, string>>;
}

interface IdentityPaths {
  readonly mspDir: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** The connection profile of a consortium: how tests, the story and measurements find everything. */
export interface ConsortiumProfile {
  readonly version: 1;
  readonly state: string;
  readonly channel: string;
  readonly chaincode: string;
  readonly chaincodeVersion: string;
  readonly custodyThreshold: number;
  readonly endorsements: number;
  readonly tlsRootsFile: string;
  readonly supervisorSocket: string;
  readonly hospitals: readonly HospitalProfile[];
}

/** Derives the connection profile. */
export function consortiumProfile(inputs: PlanInputs): ConsortiumProfile {
  const { chaincode, layout, topology } = inputs;
  return {
    version: 1,
    state: layout.root,
    channel: topology.channel,
    chaincode: topology.chaincode,
    chaincodeVersion: chaincode.version,
    custodyThreshold: topology.custodyThreshold,
    endorsements: topology.endorsements,
    tlsRootsFile: layout.tlsRoots,
    supervisorSocket: layout.supervisorSocket,
    hospitals: topology.hospitals.map((hospital) => hospitalProfile(inputs, hospital)),
  };
}

function hospitalProfile(
  inputs: PlanInputs,
  hospital: PlanInputs['topology']['hospitals'][number],
): HospitalProfile {
  const context = hospitalContext(inputs, hospital);
  const { at, ports } = context;
  const { certFile, keyFile } = at.tls('operator');
  return {
    id: hospital.id,
    name: hospital.name,
    mspId: hospital.mspId,
    gatewayUrl: `https://${reached(context, ports.gateway)}`,
    gatewaySocket: at.gatewaySocket,
    custodianUrl: `https://${reached(context, ports.custodian)}`,
    custodianSocket: at.custodianSocket,
    peerEndpoint: reached(context, ports.peer),
    peerTlsRootFile: at.tlsCaCertFile,
    ordererEndpoint: hospital.orderer ? reached(context, ports.orderer) : null,
    caUrl: `https://${reached(context, ports.ca)}`,
    caTlsRootFile: at.caCertFile,
    kuboSocket: join(at.kubo, 'rpc.sock'),
    kuboRepo: join(at.kubo, 'repo'),
    clusterUrl: `http://${listening(context, ports.clusterRest)}`,
    clusterCredentialsFile: at.clusterCredentialsFile,
    identities: {
      admin: at.identity('admin'),
      operator: at.identity('operator'),
      registrar: at.identity('registrar'),
      gateway: at.identity('gateway'),
      custodian: at.identity('custodian'),
    },
    operatorTls: { certFile, keyFile },
    operationsUrls: {
      peer: `https://${reached(context, ports.peerOperations)}`,
      orderer: hospital.orderer ? `https://${reached(context, ports.ordererOperations)}` : null,
    },
    folder: at.root,
    logs: logFiles(at.logs),
  };
}

function logFiles(dir: string): Readonly<Record<ProcessKind, string>> {
  const entries = processKinds.map((kind) => [kind, join(dir, `${kind}.log`)] as const);
  return Object.fromEntries(entries) as Record<ProcessKind, string>;
}
