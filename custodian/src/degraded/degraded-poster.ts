// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import type { Chain } from '../ledger/chain.js';
import { pause } from '../ledger/follow.js';
import type { Ledger } from '../ledger/ledger.js';
import { failureCode, type Log } from '../log.js';
import { entriesAbout } from './posted-entries.js';
import { progressOf, type DegradedCase, type DegradedStore } from './degraded-store.js';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

type Parts = Readonly<{
  ledger: Ledger;
  chain: Chain;
  store: DegradedStore;
  isStalled: () => Promise<boolean>;
  log: Log;
}>;

/**
 * Brings to the ledger what was written down while it stalled, as often as it takes, until the signal. Idempotent by
 * request and custodian: what the own peer shows on the ledger already is only ticked off. Nothing is sent to orderers that are known to
 * be away: they may take it unheard.
 */
export async function postDegraded(parts: Parts, signal: AbortSignal): Promise<void> {
  const { store, chain, log } = parts;
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const code = await postPending(parts);
    if (code === undefined) pauseMs = FIRST_PAUSE_MS;
    else {
      log.warn({ code, waiting: store.pending().length, pauseMs }, 'degraded entries wait for the ledger');
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
    await nextChance(chain, code === undefined ? LONGEST_PAUSE_MS : pauseMs, signal);
  }
}

/** Posts every case that waits; the code of the first failure if some must be tried again. */
async function postPending(parts: Parts): Promise<string | undefined> {
  const pending = parts.store.pending();
  try {
    if (pending.length > 0 && (await parts.isStalled())) return 'LEDGER_UNAVAILABLE';
  } catch (error) {
    return failureCode(error);
  }
  const failed: string[] = [];
  for (const one of pending) {
    const code = await postOne(parts, one);
    if (code !== undefined) failed.push(code);
  }
  return failed[0];
}

/** A pause that the next block ends, which may be the one that shows the ledger is back. */
async function nextChance(chain: Chain, pauseMs: number, signal: AbortSignal): Promise<void> {
  const block = new AbortController();
  const stop = chain.onBlock(() => {
    block.abort();
  });
  await pause(pauseMs, AbortSignal.any([signal, block.signal]));
  stop();
}

/** Posts one case; the code of the failure if it must be tried again. */
async function postOne({ ledger, store, log }: Parts, one: DegradedCase): Promise<string | undefined> {
  const { request, requestHash, acknowledgement, releasedOn } = one;
  if (acknowledgement === undefined) return undefined;
  const posted = progressOf(one);
  const acknowledgements = releasedOn ?? [acknowledgement];
  try {
    await ledger.submit('degraded:Post', { request, acknowledgements, released: releasedOn !== undefined });
    log.info({ requestHash, posted }, 'a degraded entry stands on the ledger');
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'ALREADY_EXISTS') return failureCode(error);
    try {
      if (!(await standsThere(ledger, one))) return error.code;
    } catch (unanswered) {
      return failureCode(unanswered);
    }
  }
  // It may have come to say more meanwhile; then it is posted again.
  await store.keep(one, { posted });
  return undefined;
}

/** Whether the own peer shows the entry, with as much as there is to say. */
async function standsThere(ledger: Ledger, { requestHash, releasedOn }: DegradedCase): Promise<boolean> {
  const entries = (await entriesAbout(ledger, requestHash)) ?? [];
  const isReleased = releasedOn !== undefined;
  return entries.some(({ mspId, released }) => mspId === ledger.mspId && released === isReleased);
}
