// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import { failureCode, type Log } from '../log.js';
import type { Chain } from './chain.js';
import type { Ledger } from './ledger.js';

/** How many blocks before the newest are read again at start. */
const REPLAY_BLOCKS = 64;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Feeds the chain with the own peer's blocks until the signal; a broken stream is taken up where it ended. */
export async function followLedger(
  { ledger, chain, log }: Readonly<{ ledger: Ledger; chain: Chain; log: Log }>,
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      for await (const block of ledger.blocks(await nextBlock(ledger, chain), signal)) {
        chain.append(block);
        pauseMs = FIRST_PAUSE_MS;
      }
    } catch (error) {
      if (hasEnded(signal)) return;
      log.warn({ code: failureCode(error), pauseMs }, 'the block stream broke');
    }
    await pause(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

async function nextBlock(ledger: Ledger, chain: Chain): Promise<number> {
  if (chain.head !== undefined) return chain.head.number + 1;
  return Math.max(0, (await ledger.height()) - REPLAY_BLOCKS);
}

/** Waits for a time, or for the end. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

// Asked by a function, since what was false before an await may be true after it.
function hasEnded(signal: AbortSignal): boolean {
  return signal.aborted;
}
