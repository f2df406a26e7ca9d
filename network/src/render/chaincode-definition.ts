// SPDX-License-Identifier: Apache-2.0
import type { Topology } from '../topology/topology.js';

/** Renders the endorsement policy: so many hospitals' peers, whichever they are. */
export function endorsementPolicy({ endorsements, hospitals }: Topology): string {
  return `OutOf(${endorsements}, ${hospitals.map(({ mspId }) => `'${mspId}.peer'`).join(', ')})`;
}

/** Renders the private data collection: every member hospital, and no client of another. */
export function collections({ custodyThreshold, hospitals }: Topology): readonly object[] {
  return [
    {
      name: 'vault',
      policy: `OR(${hospitals.map(({ mspId }) => `'${mspId}.member'`).join(', ')})`,
      requiredPeerCount: custodyThreshold - 1,
      maxPeerCount: hospitals.length - 1,
      blockToLive: 0,
      memberOnlyRead: true,
      memberOnlyWrite: true,
    },
  ];
}
