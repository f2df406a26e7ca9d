// SPDX-License-Identifier: Apache-2.0
import { msOf, type CustodianSet } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import { entriesOf } from '../ledger/chain.js';
import type { Block } from '../ledger/ledger.js';
import { failureCode, type Log } from '../log.js';

/** Between two custodians' turns to start a refresh that is due, in milliseconds. */
const TURN_MS = 6 * 3_600_000;
/** How long the schedule starts none after another hospital ended the one that it had started. */
export const AFTER_ABORT_MS = 24 * 3_600_000;

type Parts = Readonly<{
  mspId: string;
  clock: Clock;
  log: Log;
  /** Whether a refresh is due here, and no ceremony is open. */
  isDue: () => Promise<boolean>;
  /** Starts a refresh, and returns its id. */
  begin: () => Promise<string>;
}>;

/** Starts the refresh of shares when its time has come, and leaves it for a day where another hospital ends it. */
export class RefreshSchedule {
  readonly #parts: Parts;
  #isUnderWay = false;
  #restsUntil = -Infinity;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Starts a refresh if one is due. */
  async look(): Promise<void> {
    const { clock, log, isDue, begin } = this.#parts;
    try {
      if (clock() < this.#restsUntil || !(await isDue())) return;
      this.#isUnderWay = true;
      const ceremonyId = await begin();
      log.info({ ceremonyId }, 'a scheduled refresh has begun');
    } catch (error) {
      this.#isUnderWay = false;
      log.warn({ code: failureCode(error) }, 'a scheduled refresh could not begin');
    }
  }

  /** Sees how the refresh that it started has ended. */
  onBlock(block: Block): void {
    const { mspId, clock, log } = this.#parts;
    for (const { act, actor } of entriesOf(block)) {
      if (!this.#isUnderWay || (act !== 'ceremony-aborted' && act !== 'custody-activated')) continue;
      this.#isUnderWay = false;
      if (act !== 'ceremony-aborted' || actor.mspId === mspId) continue;
      this.#restsUntil = clock() + AFTER_ABORT_MS;
      log.warn(
        { hospital: actor.mspId },
        'another hospital ended the scheduled refresh; this custodian starts none for a day',
      );
    }
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
