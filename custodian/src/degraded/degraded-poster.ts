// SPDX-License-Identifier: Apache-2.0
import { DomainError, type ErrorCode } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import type { Chain } from '../ledger/chain.js';
import { pause } from '../ledger/follow.js';
import type { Ledger } from '../ledger/ledger.js';
import { failureCode, type Log } from '../log.js';
import type { DegradedService } from './degraded-service.js';
import { entriesAbout } from './posted-entries.js';
import { progressOf, type DegradedCase, type DegradedStore } from './degraded-store.js';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** The ledger has the entry and says that shares were given, and has no emergency of it. */
const UNRECORDED = 'DEGRADED_UNRECORDED';
/** The own peer refuses the entry for good: its custodians were replaced too long ago. */
const TOO_LATE: ErrorCode = 'EMERGENCY_EXPIRED';

/** When a case is posted again of which the ledger records no emergency, by request; never, for one that is too late. */
type Again = Map<string, number>;

type Parts = Readonly<{
  ledger: Ledger;
  chain: Chain;
  store: DegradedStore;
  service: Pick<DegradedService, 'complete'>;
  isStalled: () => Promise<boolean>;
  clock: Clock;
  log: Log;
}>;

/**
 * Brings to the ledger what was written down while it stalled, as often as it takes, until the signal. Idempotent by
 * request and custodian: what the own peer shows on the ledger already is only ticked off. Where shares were given, that
 * is the emergency and not the entry alone: an entry that the ledger took without recording an emergency is posted
 * again, except one that comes too late for that, which an alarm names at each start. Nothing is sent to orderers that are
 * known to be away: they may order it although no answer comes.
 */
export async function postDegraded(parts: Parts, signal: AbortSignal): Promise<void> {
  const { store, chain, log } = parts;
  const again: Again = new Map();
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const code = await postPending(parts, again);
    if (code === undefined) pauseMs = FIRST_PAUSE_MS;
    else {
      log.warn({ code, waiting: store.pending().length, pauseMs }, 'degraded entries wait for the ledger');
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
    await nextChance(chain, code === undefined ? LONGEST_PAUSE_MS : pauseMs, signal);
  }
}

/**
 * Posts every case that waits; the code of the first failure if some must be tried again. A case of which the ledger
 * records no emergency waits between attempts, whatever blocks come: each attempt asks other hospitals' peers.
 */
async function postPending(parts: Parts, again: Again): Promise<string | undefined> {
  const now = parts.clock();
  const pending = parts.store.pending().filter(({ requestHash }) => (again.get(requestHash) ?? 0) <= now);
  try {
    if (pending.length > 0 && (await parts.isStalled())) return 'LEDGER_UNAVAILABLE';
  } catch (error) {
    return failureCode(error);
  }
  const failed: string[] = [];
  for (const one of pending) {
    const code = await postOne(parts, one).catch(failureCode);
    if (code === TOO_LATE) {
      giveUp(parts, one, again);
      continue;
    }
    if (code !== undefined) failed.push(code);
    if (code === UNRECORDED) again.set(one.requestHash, now + LONGEST_PAUSE_MS);
    else again.delete(one.requestHash);
  }
  return failed[0];
}

/** Posts a case no more until the next start; it still counts among what the ledger does not have. */
function giveUp({ log }: Parts, { requestHash }: DegradedCase, again: Again): void {
  again.set(requestHash, Infinity);
  const facts = { alarm: 'DEGRADED_TOO_LATE', requestHash, code: TOO_LATE };
  log.error(facts, 'a degraded entry comes too late for the record; it is not posted again');
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

/** Completes one case and posts it; answers what its entry then lacks on the ledger. Throws if it must be tried again. */
async function postOne(
  { ledger, store, service, log }: Parts,
  pending: DegradedCase,
): Promise<string | undefined> {
  const one = await service.complete(pending);
  const { request, requestHash, acknowledgement, releasedOn } = one;
  const posted = progressOf(one);
  if (acknowledgement === undefined || one.posted === posted) return undefined;
  const acknowledgements = releasedOn ?? [acknowledgement];
  try {
    await ledger.submit('degraded:Post', { request, acknowledgements, released: releasedOn !== undefined });
    log.info({ requestHash, posted }, 'a degraded entry stands on the ledger');
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'ALREADY_EXISTS') throw error;
  }
  const lacking = await lackingThere(ledger, one);
  // It may have come to say more meanwhile; then it is posted again.
  if (lacking === undefined) await store.keep(one, { posted });
  return lacking;
}

/** What the own peer does not show of a case: the entry with as much as there is to say, or the emergency of a release. */
async function lackingThere(
  ledger: Ledger,
  { requestHash, releasedOn }: DegradedCase,
): Promise<string | undefined> {
  const entries = (await entriesAbout(ledger, requestHash)) ?? [];
  const isReleased = releasedOn !== undefined;
  const own = entries.find(({ mspId, released }) => mspId === ledger.mspId && released === isReleased);
  if (own === undefined) return 'DEGRADED_UNPOSTED';
  return isReleased && !own.opened ? UNRECORDED : undefined;
}
