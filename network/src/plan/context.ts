// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { hospitalPorts, type HospitalPorts } from '../topology/ports.js';
import type { Hospital, Topology } from '../topology/topology.js';
import type { HospitalLayout, StateLayout } from './layout.js';
import { processName, type ProcessKind, type ProcessSpec, type Readiness } from './process-spec.js';

/** Everything from which a consortium's processes are derived. */
export interface PlanInputs {
  readonly topology: Topology;
  readonly layout: StateLayout;
  readonly basePort: number;
  /** Finds a program by name, usually an absolute path. */
  readonly program: (name: string) => string;
  readonly nodeProgram: string;
  /** The folder of the product, where the compiled workspaces lie. */
  readonly productDir: string;
  readonly chaincode: ChaincodeRelease;
  /** Network namespaces in which the processes of hospitals run, by hospital; this process's own where left out. */
  readonly networkNamespaces?: Readonly<Record<string, string>>;
}

/** Which chaincode a consortium runs. */
export interface ChaincodeRelease {
  /** The one-file chaincode server. */
  readonly file: string;
  /** Lower-case hexadecimal SHA-256 of the file. */
  readonly digest: string;
  /** The version of the committed definition. */
  readonly version: string;
  readonly label: string;
  /** `label:SHA-256 of the package`, the same at every hospital. */
  readonly packageId: string;
}

/** One hospital while its processes are planned. */
export interface HospitalContext extends PlanInputs {
  readonly hospital: Hospital;
  readonly at: HospitalLayout;
  readonly ports: HospitalPorts;
}

/** Places a hospital in the plan. */
export function hospitalContext(inputs: PlanInputs, hospital: Hospital): HospitalContext {
  const position = inputs.topology.hospitals.indexOf(hospital);
  return {
    ...inputs,
    hospital,
    at: inputs.layout.hospital(hospital.id),
    ports: hospitalPorts(inputs.basePort, position),
  };
}

/** The hospital from whose orderer this one takes blocks, and to which it sends transactions. */
export function orderingFor(context: HospitalContext): HospitalContext {
  const { hospital, topology } = context;
  const source = topology.hospitals.find(({ id }) => id === hospital.blocksFrom);
  if (source === undefined) throw new RangeError(`there is no hospital ${hospital.blocksFrom}`);
  return hospitalContext(context, source);
}

/**
 * Where the channel may say that orderers are reached: at the hospitals that were there from the start. One that joins
 * adds no address, so that no running peer meets one that it was not told at its start.
 */
export function listedOrderers(inputs: PlanInputs): readonly string[] {
  const { founders, hospitals } = inputs.topology;
  return hospitals
    .slice(0, founders)
    .map((hospital) => hospitalContext(inputs, hospital))
    .map((context) => reached(context, context.ports.orderer));
}

/** The host that others name when they speak to the hospital's processes, as certificates have it. */
export function reachedHost({ hospital }: AtHospital): string {
  return hospital.host ?? 'localhost';
}

/** The one address on which the hospital's processes listen: loopback unless the topology names another. */
export function listenHost({ hospital }: AtHospital): string {
  return hospital.host ?? '127.0.0.1';
}

/** The hosts that the certificates of the hospital's servers name. */
export function certifiedHosts(at: AtHospital): readonly string[] {
  return [...new Set(['localhost', '127.0.0.1', listenHost(at)])];
}

/** The hospital's `host:port` as others use it. */
export function reached(at: AtHospital, port: number): string {
  return `${reachedHost(at)}:${port}`;
}

/** The hospital's `address:port` to listen on. */
export function listening(at: AtHospital, port: number): string {
  return `${listenHost(at)}:${port}`;
}

interface AtHospital {
  readonly hospital: Pick<Hospital, 'host'>;
}

interface SpecParts {
  readonly kind: ProcessKind;
  readonly address: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly dependsOn: readonly ProcessKind[];
  readonly readiness: Readiness;
  readonly stopTimeoutMs?: number;
  readonly staleSockets?: readonly string[];
}

const readyTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;

/** Completes a process with what all processes of a hospital share. */
export function processSpec(context: HospitalContext, parts: SpecParts): ProcessSpec {
  const { id } = context.hospital;
  const networkNamespace = context.networkNamespaces?.[id];
  return {
    ...parts,
    name: processName(id, parts.kind),
    hospital: id,
    logFile: join(context.at.logs, `${parts.kind}.log`),
    dependsOn: parts.dependsOn.map((kind) => processName(id, kind)),
    readyTimeoutMs,
    stopSignal: 'SIGTERM',
    staleSockets: parts.staleSockets ?? [],
    stopTimeoutMs: parts.stopTimeoutMs ?? stopTimeoutMs,
    ...(networkNamespace !== undefined && { networkNamespace }),
  };
}
