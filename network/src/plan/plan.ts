// SPDX-License-Identifier: Apache-2.0
import type { Hospital } from '../topology/topology.js';
import { hospitalContext, type HospitalContext, type PlanInputs } from './context.js';
import { custodianProcess, gatewayProcess } from './door-processes.js';
import { caProcess, chaincodeProcess, ordererProcess, peerProcess } from './ledger-processes.js';
import { processKinds, processName, type ProcessKind, type ProcessSpec } from './process-spec.js';
import { clusterProcess, kuboProcess } from './storage-processes.js';

const builders: Readonly<Record<ProcessKind, (context: HospitalContext) => ProcessSpec>> = {
  ca: caProcess,
  orderer: ordererProcess,
  peer: peerProcess,
  chaincode: chaincodeProcess,
  kubo: kuboProcess,
  cluster: clusterProcess,
  custodian: custodianProcess,
  gateway: gatewayProcess,
};

/** Derives every process of the consortium, in the order in which they start. */
export function planProcesses(inputs: PlanInputs): readonly ProcessSpec[] {
  return processKinds.flatMap((kind) => processesOfKind(inputs, kind));
}

/** Names every process that these hospitals run. */
export function processNames(hospitals: readonly Hospital[]): readonly string[] {
  return processKinds.flatMap((kind) =>
    hospitals.filter((hospital) => runs(hospital, kind)).map(({ id }) => processName(id, kind)),
  );
}

/** Derives the processes of one kind at all hospitals that run it. */
export function processesOfKind(inputs: PlanInputs, kind: ProcessKind): readonly ProcessSpec[] {
  return inputs.topology.hospitals
    .filter((hospital) => runs(hospital, kind))
    .map((hospital) => builders[kind](hospitalContext(inputs, hospital)));
}

function runs(hospital: Hospital, kind: ProcessKind): boolean {
  return kind !== 'orderer' || hospital.orderer;
}
