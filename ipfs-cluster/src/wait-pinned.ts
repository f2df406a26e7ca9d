// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js';
import type { PinState } from './vault.js';
import { isVaultError } from './vault-error.js';

const FIRST_PAUSE_MS = 8;
const MAX_PAUSE_MS = 400;
const GROWTH = 1.3;

/** What the wait needs to know and to do. */
export interface PinWait {
  readonly cids: readonly string[];
  readonly hospitals: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly states: (cids: readonly string[]) => Promise<readonly PinState[]>;
  readonly recover: (cid: string) => Promise<void>;
}

/** Asks at growing intervals about the parts that still lack hospitals, has failed ones retried, and returns when none is left. */
export async function waitPinned(wait: PinWait): Promise<readonly PinState[]> {
  const reached = new Map<string, PinState>();
  const recovered = new Set<string>();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * GROWTH, MAX_PAUSE_MS)) {
    const open = wait.cids.filter((cid) => !reached.has(cid));
    for (const state of await unlessDown(wait.states(open))) {
      if (state.pinnedBy.length >= wait.hospitals) reached.set(state.cid, state);
      else if (state.failedAt.length > 0 && !recovered.has(state.cid)) {
        recovered.add(state.cid);
        await wait.recover(state.cid);
      }
    }
    if (wait.cids.every((cid) => reached.has(cid))) return [...reached.values()];
    await wait.clock.sleep(pauseMs, wait.signal);
  }
}

async function unlessDown(states: Promise<readonly PinState[]>): Promise<readonly PinState[]> {
  try {
    return await states;
  } catch (error) {
    if (isVaultError(error, 'VAULT_UNAVAILABLE')) return [];
    throw error;
  }
}
