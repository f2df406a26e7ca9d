// SPDX-License-Identifier: Apache-2.0
import { DomainError, KEEP_COPIES_MS } from '@tutela/chaincode/domain';
import { ByHospital } from '../by-hospital.js';
import { Turns, type Bounds } from '../turns.js';
import type { CopyKeeper } from './copy-keeper.js';

/** How many parts of one hospital are fetched at a time, and how many may wait besides. */
export const PARTS_BEING_FETCHED = 8;
export const PARTS_WAITING = 256;

const FETCHING: Bounds = { atATime: PARTS_BEING_FETCHED, underWay: PARTS_BEING_FETCHED + PARTS_WAITING };
/** Parts of one hospital that are looked up at a time, and of how many it may ask at once: five whole questions. */
const LOOKING_UP: Bounds = { atATime: 8, underWay: 1_000 };

/**
 * Copies of other hospitals' parts, which the own gateway keeps. Each hospital has its own places: one that asks for parts
 * that do not exist delays only itself.
 */
export class Copies {
  readonly #keeper: CopyKeeper;
  readonly #keepMs: number;
  readonly #fetching = new ByHospital(() => new Turns(FETCHING));
  readonly #lookingUp = new ByHospital(() => new Turns(LOOKING_UP));

  constructor(keeper: CopyKeeper, keepMs: number = KEEP_COPIES_MS) {
    this.#keeper = keeper;
    this.#keepMs = keepMs;
  }

  /**
   * Has the own node keep parts for a hospital; answers those that it keeps whole when it has tried. Throws
   * RATE_LIMITED beyond the hospital's places, and STORAGE_UNAVAILABLE while the gateway does not answer.
   */
  keep(parts: readonly string[], hospital: string, left: AbortSignal): Promise<readonly string[]> {
    const turns = this.#fetching.of(hospital);
    return turns.admit(() => {
      const signal = AbortSignal.any([left, AbortSignal.timeout(this.#keepMs)]);
      return keptAmong(parts, turns, async (cid) => {
        await this.#keeper.keep(cid, hospital, signal);
        return true;
      });
    }, parts.length);
  }

  /** Those of the parts that the own node keeps whole; fetches nothing, and throws as {@link keep}. */
  kept(parts: readonly string[], hospital: string, signal: AbortSignal): Promise<readonly string[]> {
    const turns = this.#lookingUp.of(hospital);
    return turns.admit(() => keptAmong(parts, turns, (cid) => this.#keeper.keeps(cid, signal)), parts.length);
  }
}

/** The parts that are kept, asked in turns; a part whose question fails is left out. */
async function keptAmong(
  parts: readonly string[],
  turns: Turns,
  isKept: (cid: string) => Promise<boolean>,
): Promise<readonly string[]> {
  const outcomes = await Promise.allSettled(parts.map((cid) => turns.take(() => isKept(cid))));
  const kept = parts.filter((_, index) => {
    const outcome = outcomes[index];
    return outcome?.status === 'fulfilled' && outcome.value;
  });
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') requireOfPart(outcome.reason, kept.length > 0);
  return kept;
}

/** Throws the errors that concern the whole request: the gateway is away, a defect, or the hospital's limit of copies. */
function requireOfPart(error: unknown, isAnyKept: boolean): void {
  if (!(error instanceof DomainError) || error.code === 'STORAGE_UNAVAILABLE') throw error;
  if (error.code === 'RATE_LIMITED' && !isAnyKept) throw error;
}
