// SPDX-License-Identifier: Apache-2.0
import { checkedCid } from './cid.js';
import { systemClock } from './clock.js';
import { KuboNode } from './kubo-node.js';
import { limited } from './limited.js';
import type { CallLimits } from './vault.js';

const KEEP_MS = 60_000;
const QUESTION_MS = 5_000;

/** Keeps copies of parts at one hospital's Kubo node; knows nothing of its cluster peer. Errors are `VaultError`. */
export interface CopyKeeper {
  /** Pins a part with all of its blocks, and fetches what is missing; PART_NOT_FOUND at the deadline. */
  keep(cid: string, limits?: CallLimits): Promise<void>;
  /** Tells whether a part is pinned here with all of its blocks; fetches nothing. */
  keeps(cid: string, limits?: CallLimits): Promise<boolean>;
  /** Ends all connections. */
  close(): Promise<void>;
}

/**
 * Opens the keeper of copies at a Kubo node, which need not run yet. It opens a connection for each call that is under
 * way, so that no call waits for another: the caller bounds how many there are.
 */
export function openCopyKeeper(kuboSocket: string): CopyKeeper {
  const kubo = new KuboNode(kuboSocket, null);
  const clock = systemClock;
  return {
    keep: async (cid, limits = {}) => {
      checkedCid(cid);
      await limited({ clock, limits, defaultDeadlineMs: KEEP_MS, late: 'PART_NOT_FOUND' }, (signal) =>
        kubo.pin(cid, signal),
      );
    },
    keeps: async (cid, limits = {}) => {
      checkedCid(cid);
      return limited({ clock, limits, defaultDeadlineMs: QUESTION_MS, late: 'VAULT_TIMEOUT' }, (signal) =>
        kubo.isPinned(cid, signal),
      );
    },
    close: () => kubo.close(),
  };
}
