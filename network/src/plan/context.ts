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

/** The address that others use, as certificates name it. */
export function local(port: number): string {
  return `localhost:${port}`;
}

/** The address to listen on: loopback and nothing else. */
export function loopback(port: number): string {
  return `127.0.0.1:${port}`;
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
  };
}
