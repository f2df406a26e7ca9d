// SPDX-License-Identifier: Apache-2.0
import type { Topology } from '../topology/topology.js';

/** Renders the channel's rule of signatures: as many hospitals as change anything, each by one who has the role there. */
export function outOfHospitals({ endorsements, hospitals }: Topology, role: 'admin' | 'peer'): string {
  return `OutOf(${endorsements}, ${hospitals.map(({ mspId }) => `'${mspId}.${role}'`).join(', ')})`;
}
