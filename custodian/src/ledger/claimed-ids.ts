// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Chain } from './chain.js';

/** Between two alarms about one hospital, in milliseconds: it can send envelopes without end. */
const PAUSE_MS = 60_000;

/**
 * Raises an alarm, until the signal, for hospitals that sign envelopes with other transactions' ids. Fabric takes the true
 * transaction for a duplicate when such an envelope is in a block first, and the block is the proof of who did it.
 */
export function watchClaimedIds(
  { chain, clock, log }: Readonly<{ chain: Pick<Chain, 'onBlock'>; clock: Clock; log: Log }>,
  signal: AbortSignal,
): void {
  const lastMs = new Map<string, number>();
  const stop = chain.onBlock(({ number, transactions }) => {
    for (const { claimant, txId } of transactions) {
      if (claimant === undefined || clock() - (lastMs.get(claimant) ?? -Infinity) < PAUSE_MS) continue;
      lastMs.set(claimant, clock());
      const facts = { alarm: 'ID_CLAIMED', hospital: claimant, height: number, txId };
      log.error(facts, 'a hospital signed an envelope with the id of another transaction');
    }
  });
  signal.addEventListener('abort', stop, { once: true });
}
