// SPDX-License-Identifier: Apache-2.0
import type { StatusAnswer } from './cluster-answers.js';
import type { PinState } from './vault.js';

const FAILED: ReadonlySet<string> = new Set([
  'pin_error',
  'unpin_error',
  'cluster_error',
  'unexpectedly_unpinned',
]);

/** What a cluster peer's answer about one part says of the hospitals that hold it. */
export function pinState(status: StatusAnswer): PinState {
  const hospitals = Object.values(status.peer_map);
  return {
    cid: status.cid,
    pinnedBy: hospitals.filter((peer) => peer.status === 'pinned').map((peer) => peer.peername),
    failedAt: hospitals.filter((peer) => FAILED.has(peer.status)).map((peer) => peer.peername),
    allocations: status.allocations,
  };
}
