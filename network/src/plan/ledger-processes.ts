// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { listening, processSpec, reached, reachedHost, type HospitalContext } from './context.js';
import type { ProcessSpec, Readiness } from './process-spec.js';

/** Plain lines without colours; a client that hangs up is no warning. */
const fabricLogging = {
  FABRIC_LOGGING_SPEC: 'warning:orderer.common.broadcast=error',
  FABRIC_LOGGING_FORMAT: '%{time:2006-01-02T15:04:05.000Z07:00} %{level:.4s} %{module} %{message}',
};

/** The hospital's certificate authority: one server with an authority for identities and one for TLS. */
export function caProcess(context: HospitalContext): ProcessSpec {
  const { at, ports } = context;
  return processSpec(context, {
    kind: 'ca',
    address: reached(context, ports.ca),
    command: context.program('fabric-ca-server'),
    args: ['start', '--home', at.ca, '--loglevel', 'warning'],
    env: {},
    cwd: at.ca,
    dependsOn: [],
    readiness: {
      kind: 'https',
      url: `https://${reached(context, ports.ca)}/cainfo`,
      rootFile: at.caCertFile,
    },
  });
}

/** The hospital's ordering node. */
export function ordererProcess(context: HospitalContext): ProcessSpec {
  const { at, ports } = context;
  return processSpec(context, {
    kind: 'orderer',
    address: reached(context, ports.orderer),
    command: context.program('orderer'),
    args: [],
    env: { ...fabricLogging, FABRIC_CFG_PATH: join(at.orderer, 'config') },
    cwd: at.orderer,
    dependsOn: [],
    readiness: nodeReadiness(context, ports.ordererOperations, [ports.orderer, ports.ordererAdmin]),
  });
}

/** The hospital's peer. */
export function peerProcess(context: HospitalContext): ProcessSpec {
  const { at, ports } = context;
  return processSpec(context, {
    kind: 'peer',
    address: reached(context, ports.peer),
    command: context.program('peer'),
    args: ['node', 'start'],
    env: {
      ...fabricLogging,
      FABRIC_CFG_PATH: join(at.peer, 'config'),
      TUTELA_CHAINCODE_CONNECTION_FILE: join(at.chaincode, 'connection.json'),
    },
    cwd: at.peer,
    dependsOn: [],
    readiness: nodeReadiness(context, ports.peerOperations, [ports.peer]),
  });
}

/** The hospital's chaincode server, which serves its own peer alone. */
export function chaincodeProcess(context: HospitalContext): ProcessSpec {
  const { at, ports, chaincode } = context;
  const tls = at.tls('chaincode');
  const peer = at.tls('peer');
  return processSpec(context, {
    kind: 'chaincode',
    address: reached(context, ports.chaincode),
    command: context.nodeProgram,
    args: [chaincode.file],
    env: {
      NODE_ENV: 'production',
      TUTELA_CHAINCODE_ADDRESS: listening(context, ports.chaincode),
      TUTELA_CHAINCODE_ID: chaincode.packageId,
      TUTELA_CHAINCODE_DIGEST: chaincode.digest,
      TUTELA_CHAINCODE_FOUNDERS: String(context.topology.founders),
      TUTELA_CHAINCODE_TLS_KEY_FILE: tls.keyFile,
      TUTELA_CHAINCODE_TLS_CERT_FILE: tls.certFile,
      TUTELA_CHAINCODE_TLS_CLIENT_CA_FILE: tls.rootFile,
      CORE_CHAINCODE_LOGGING_LEVEL: 'error',
    },
    cwd: at.chaincode,
    dependsOn: ['peer'],
    readiness: {
      kind: 'tls',
      host: reachedHost(context),
      port: ports.chaincode,
      rootFile: tls.rootFile,
      certFile: peer.certFile,
      keyFile: peer.keyFile,
    },
  });
}

/** Fabric's health answer comes before its services listen, so both are asked. */
function nodeReadiness(
  context: HospitalContext,
  operationsPort: number,
  servicePorts: readonly number[],
): Readiness {
  const { certFile, keyFile, rootFile } = context.at.tls('operator');
  const files = { rootFile, certFile, keyFile };
  const host = reachedHost(context);
  const services = servicePorts.map((port) => ({ kind: 'tls' as const, host, port, ...files }));
  return {
    kind: 'all',
    of: [
      { kind: 'https', url: `https://${reached(context, operationsPort)}/healthz`, ...files },
      ...services,
    ],
  };
}
