// SPDX-License-Identifier: Apache-2.0
import { GroundError } from '../errors.js';
import type { Binaries } from '../tools/resolve.js';
import type { Topology } from '../topology/topology.js';

const firstBftMajor = 3;

/** Refuses an ordering that the programs at hand do not have. @throws GroundError ORDERING_UNSUPPORTED. */
export function checkOrdering({ ordering }: Topology, binaries: Binaries | undefined): void {
  if (ordering.type === 'raft') return;
  const fabric = binaries?.families.find(({ id }) => id === 'fabric');
  const found =
    fabric === undefined ? 'none' : `${fabric.version.major}.${fabric.version.minor}.${fabric.version.patch}`;
  const reason =
    fabric !== undefined && fabric.version.major >= firstBftMajor
      ? 'this release sets up Raft channels only'
      : `it needs Fabric 3 programs, and these are ${found}`;
  throw new GroundError(
    'ORDERING_UNSUPPORTED',
    `Byzantine fault tolerant ordering is not available: ${reason}.`,
    {
      advice: 'Write `type: raft` under `ordering` in the topology file.',
    },
  );
}
