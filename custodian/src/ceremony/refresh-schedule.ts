// SPDX-License-Identifier: Apache-2.0
import { instantOf, msOf, type AuditEntry, type CustodianSet } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import { entriesOf } from '../ledger/chain.js';
import type { Block } from '../ledger/ledger.js';
import { failureCode, type Log } from '../log.js';

/** Between two custodians' turns to start a refresh that is due, in milliseconds. */
const TURN_MS = 6 * 3_600_000;
/** How long the schedule starts none after a refresh of its own that ended without a result: doubled with each, up to the longest. */
export const FIRST_REST_MS = 24 * 3_600_000;
export const LONGEST_REST_MS = 7 * 24 * 3_600_000;

type Parts = Readonly<{
  mspId: string;
  clock: Clock;
  log: Log;
  /** Whether a ceremony is open, disputed ones included: no other can begin. */
  isOpen: () => Promise<boolean>;
  /** Whether a refresh is due here. */
  isDue: () => Promise<boolean>;
  /** Starts a refresh, and returns its id. */
  begin: () => Promise<string>;
}>;

/** One ceremony is open at a time: what ends after its start stands on the ledger, and before another begins, is that one. */
type Refresh = 'none' | 'asked for' | Readonly<{ complaint?: string }>;

/**
 * Starts the refresh of shares when its time has come. What ended its last one, a member that is away or a hostile one,
 * will most likely end the next one too, and each costs a start and leaves secrets on disks: so it rests in between.
 */
export class RefreshSchedule {
  readonly #parts: Parts;
  #refresh: Refresh = 'none';
  #restMs = FIRST_REST_MS;
  #restsUntil = -Infinity;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Starts a refresh if one is due. */
  async look(): Promise<void> {
    const { clock, log, isOpen, isDue, begin } = this.#parts;
    try {
      if (clock() < this.#restsUntil || (await isOpen()) || !(await isDue())) return;
      this.#refresh = 'asked for';
      const ceremonyId = await begin();
      log.info({ ceremonyId }, 'a scheduled refresh has begun');
    } catch (error) {
      // One that was seen to begin all the same ends like any other.
      if (this.#refresh === 'asked for') this.#refresh = 'none';
      log.warn({ code: failureCode(error) }, 'a scheduled refresh could not begin');
    }
  }

  /** Sees that the refresh has begun, and how it has ended. */
  onBlock(block: Block): void {
    for (const entry of entriesOf(block)) this.#see(entry);
  }

  #see({ act, actor }: AuditEntry): void {
    const refresh = this.#refresh;
    if (act === 'custody-activated') {
      if (refresh !== 'asked for') this.#refresh = 'none';
      this.#restMs = FIRST_REST_MS;
      this.#restsUntil = -Infinity;
    } else if (act === 'ceremony-started') {
      if (refresh === 'asked for' && actor.mspId === this.#parts.mspId) this.#refresh = {};
    } else if (typeof refresh === 'object') {
      if (act === 'ceremony-complained') this.#refresh = { complaint: actor.mspId };
      if (act !== 'ceremony-aborted') return;
      this.#refresh = 'none';
      this.#rest(refresh, actor.mspId);
    }
  }

  /** After a complaint the ceremony ends with the answer of the hospital that is complained of, which ends nothing by itself. */
  #rest({ complaint }: Exclude<Refresh, string>, by: string): void {
    const { clock, log } = this.#parts;
    this.#restsUntil = clock() + this.#restMs;
    this.#restMs = Math.min(2 * this.#restMs, LONGEST_REST_MS);
    log.warn(
      { ...(complaint === undefined ? { hospital: by } : { complaint }), until: instantOf(this.#restsUntil) },
      'a scheduled refresh ended without a result; this custodian starts none until then',
    );
  }
}

/**
 * Whether this custodian should start a refresh: the active epoch has lived its time, and the custodians before this
 * one, which have their turn first, have not started any.
 */
export function isRefreshDue(
  active: CustodianSet | undefined,
  { mspId, now, refreshMs }: Readonly<{ mspId: string; now: number; refreshMs: number }>,
): boolean {
  const position = active?.members.findIndex((member) => member.mspId === mspId) ?? -1;
  if (active === undefined || position < 0) return false;
  return now >= msOf(active.activatedAt) + refreshMs + position * TURN_MS;
}
