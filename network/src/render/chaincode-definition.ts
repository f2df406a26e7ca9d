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

/** How a committed definition names any member of a hospital: an MSPRole, base64 (fabric-protos, msp/msp_principal.proto). */
export function memberPrincipal(mspId: string): string {
  const id = Buffer.from(mspId, 'utf8');
  // Field 1 with its length; the role MEMBER is 0 and therefore left out.
  return Buffer.concat([Buffer.from([0x0a, id.length]), id]).toString('base64');
}
