// SPDX-License-Identifier: Apache-2.0

/** Every kind of process that a hospital runs, in the order in which they start. */
export const processKinds = [
  'ca',
  'orderer',
  'peer',
  'chaincode',
  'kubo',
  'cluster',
  'custodian',
  'gateway',
] as const;

export type ProcessKind = (typeof processKinds)[number];

/** A question whose answer means that a process is ready; plain data, so that another process can ask it. */
export type Readiness =
  | {
      readonly kind: 'https';
      readonly url: string;
      readonly rootFile: string;
      readonly certFile?: string;
      readonly keyFile?: string;
    }
  | { readonly kind: 'http'; readonly url: string; readonly credentialsFile: string }
  | {
      readonly kind: 'socket';
      readonly socketPath: string;
      readonly method: 'GET' | 'POST';
      readonly path: string;
    }
  /** A completed TLS handshake, for servers that answer no plain question. */
  | {
      readonly kind: 'tls';
      readonly host: string;
      readonly port: number;
      readonly rootFile: string;
      readonly certFile?: string;
      readonly keyFile?: string;
    }
  | { readonly kind: 'all'; readonly of: readonly Readiness[] };

/** One process, completely: nothing else is needed to start, watch and stop it. */
export interface ProcessSpec {
  /** `hospital/kind`. */
  readonly name: string;
  readonly hospital: string;
  readonly kind: ProcessKind;
  /** What other processes or people connect to. */
  readonly address: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment but for PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** SHA-256 of what it reads once, at its start, and must read again when that changes; left out where it need not. */
  readonly startsFrom?: string;
  /** The file of the network namespace (network_namespaces(7)) to run in; the supervisor's own where left out. */
  readonly networkNamespace?: string;
  readonly logFile: string;
  /** Names of processes that must be ready before. */
  readonly dependsOn: readonly string[];
  /** Sockets that a killed run leaves behind, on which the next one could not listen. */
  readonly staleSockets: readonly string[];
  readonly readiness: Readiness;
  readonly readyTimeoutMs: number;
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  readonly stopTimeoutMs: number;
}

/** Names the process of a hospital. */
export function processName(hospital: string, kind: ProcessKind): string {
  return `${hospital}/${kind}`;
}
