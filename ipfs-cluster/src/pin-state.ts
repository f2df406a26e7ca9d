// SPDX-License-Identifier: Apache-2.0
import type { PinAnswer, StatusAnswer } from './cluster-answers.js';
import type { PinKind, PinState } from './vault.js';

const FAILED: ReadonlySet<string> = new Set([
  'pin_error',
  'unpin_error',
  'cluster_error',
  'unexpectedly_unpinned',
]);

/** What an entry of the shared state asks for. */
export function pinKind({ type, mode, max_depth }: PinAnswer): PinKind {
  if (type !== 'pin') return 'fixed';
  return mode === 'recursive' && max_depth === -1 ? 'recursive' : 'partial';
}

/**
 * What a cluster peer's answer about one part says of the hospitals that hold it. A hospital says "pinned" of what the
 * entry asks for, so of one that does not ask for the whole part it proves nothing.
 */
export function pinState(status: StatusAnswer, isWhole: boolean): PinState {
  const hospitals = Object.values(status.peer_map);
  const pinned = hospitals.filter((peer) => peer.status === 'pinned').map((peer) => peer.peername);
  return {
    cid: status.cid,
    pinnedBy: isWhole ? pinned : [],
    failedAt: hospitals.filter((peer) => FAILED.has(peer.status)).map((peer) => peer.peername),
    allocations: status.allocations,
    isWhole,
  };
}
