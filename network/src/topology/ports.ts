// SPDX-License-Identifier: Apache-2.0
import type { Topology } from './topology.js';

/** The loopback ports of one hospital, by what listens there. */
export interface HospitalPorts {
  readonly ca: number;
  readonly peer: number;
  readonly peerChaincode: number;
  readonly peerOperations: number;
  readonly orderer: number;
  readonly ordererAdmin: number;
  readonly ordererOperations: number;
  readonly chaincode: number;
  readonly kuboSwarm: number;
  readonly clusterSwarm: number;
  readonly clusterRest: number;
  readonly custodian: number;
  readonly gateway: number;
}

const order = [
  'gateway',
  'custodian',
  'ca',
  'peer',
  'peerChaincode',
  'peerOperations',
  'orderer',
  'ordererAdmin',
  'ordererOperations',
  'chaincode',
  'kuboSwarm',
  'clusterSwarm',
  'clusterRest',
] as const satisfies readonly (keyof HospitalPorts)[];

/** How many ports each hospital is given, with room for more. */
export const portsPerHospital = 20;

/** Where the search for a free block of ports begins. */
export const firstAutomaticBase = 7100;

/** Lays out the ports of the hospital with the given position in the topology. */
export function hospitalPorts(base: number, position: number): HospitalPorts {
  const first = base + position * portsPerHospital;
  const entries = order.map((name, offset) => [name, first + offset] as const);
  return Object.fromEntries(entries) as Record<(typeof order)[number], number>;
}

/** Lists every port that a consortium of this size uses. */
export function allPorts(base: number, hospitals: number): readonly number[] {
  return Array.from(
    { length: hospitals },
    (_, position) => Object.values(hospitalPorts(base, position)) as number[],
  ).flat();
}

/** The ports in a rendered file, which cannot look for free ones. */
export function renderedPorts({ ports }: Topology): number {
  return ports === 'auto' ? firstAutomaticBase : ports.base;
}
