// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Chain } from './chain.js';

/** Between two alarms about one hospital, in milliseconds: it can send envelopes without end. */
const PAUSE_MS = 60_000;

/**
 * Raises an alarm, until the signal, for envelopes that claim the id of another transaction. Fabric takes the true one for a
 * duplicate when such an envelope is in a block first. The hospital is named where peers have verified who signed it.
 */
export function watchClaimedIds(
  { chain, clock, log }: Readonly<{ chain: Pick<Chain, 'onBlock'>; clock: Clock; log: Log }>,
  signal: AbortSignal,
): void {
  const lastMs = new Map<string | undefined, number>();
  const stop = chain.onBlock(({ number, transactions }) => {
    for (const { claim } of transactions) {
      if (claim === undefined || clock() - (lastMs.get(claim.hospital) ?? -Infinity) < PAUSE_MS) continue;
      lastMs.set(claim.hospital, clock());
      const facts = { alarm: 'ID_CLAIMED', ...claim, height: number };
      log.error(facts, 'an envelope claims the id of another transaction');
    }
  });
  signal.addEventListener('abort', stop, { once: true });
}
