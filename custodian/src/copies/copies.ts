// SPDX-License-Identifier: Apache-2.0
import { DomainError, KEEP_COPIES_MS } from '@tutela/chaincode/domain';
import { isVaultError, type CopyKeeper } from '@tutela/ipfs-cluster';
import { ByHospital } from '../by-hospital.js';
import { Turns, type Bounds } from '../turns.js';

/** How many parts of one hospital are fetched at a time, and how many may wait besides. */
export const PARTS_IN_THE_MAKING = 8;
export const PARTS_WAITING = 256;

const MAKING: Bounds = { atATime: PARTS_IN_THE_MAKING, underWay: PARTS_IN_THE_MAKING + PARTS_WAITING };
/** Parts of one hospital that are looked up at a time, and of how many it may ask at once: five whole questions. */
const LOOKING_UP: Bounds = { atATime: 8, underWay: 1_000 };

/**
 * Copies of other hospitals' parts at the own Kubo node. Each hospital has places of its own: one that asks for parts
 * which exist nowhere waits for itself alone.
 */
export class Copies {
  readonly #keeper: CopyKeeper;
  readonly #keepMs: number;
  readonly #making = new ByHospital(() => new Turns(MAKING));
  readonly #lookingUp = new ByHospital(() => new Turns(LOOKING_UP));

  constructor(keeper: CopyKeeper, keepMs: number = KEEP_COPIES_MS) {
    this.#keeper = keeper;
    this.#keepMs = keepMs;
  }

  /**
   * Has the own node keep parts for a hospital; answers those that it keeps whole when it has tried. Throws
   * RATE_LIMITED beyond the hospital's places, and STORAGE_UNAVAILABLE while the node does not answer.
   */
  keep(parts: readonly string[], hospital: string, left: AbortSignal): Promise<readonly string[]> {
    const turns = this.#making.of(hospital);
    return turns.admit(() => {
      const signal = AbortSignal.any([left, AbortSignal.timeout(this.#keepMs)]);
      return those(parts, turns, async (cid) => {
        await this.#keeper.keep(cid, { signal });
        return true;
      });
    }, parts.length);
  }

  /** Those of the parts that the own node keeps whole; fetches nothing, and throws as {@link keep}. */
  kept(parts: readonly string[], hospital: string, signal: AbortSignal): Promise<readonly string[]> {
    const turns = this.#lookingUp.of(hospital);
    return turns.admit(() => those(parts, turns, (cid) => this.#keeper.keeps(cid, { signal })), parts.length);
  }
}

/** The parts of which something is so, found out in turns; one of which that cannot be found out is left out. */
async function those(
  parts: readonly string[],
  turns: Turns,
  isSo: (cid: string) => Promise<boolean>,
): Promise<readonly string[]> {
  const outcomes = await Promise.allSettled(parts.map((cid) => turns.take(() => isSo(cid))));
  for (const outcome of outcomes) if (outcome.status === 'rejected') requireOfPart(outcome.reason);
  return parts.filter((_, index) => {
    const outcome = outcomes[index];
    return outcome?.status === 'fulfilled' && outcome.value;
  });
}

/** Throws what says something of the node, or of this program, rather than of one part. */
function requireOfPart(error: unknown): void {
  if (!isVaultError(error)) throw error;
  if (error.code === 'VAULT_UNAVAILABLE')
    throw new DomainError('STORAGE_UNAVAILABLE', 'the own node does not answer', { cause: error });
}
