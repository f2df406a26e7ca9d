// SPDX-License-Identifier: Apache-2.0
import type { ReleaseContext } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import { REQUESTS_OF_A_HOSPITAL, Turns } from '../turns.js';
import { lacksManifest, type ContextRead } from './read-ahead.js';
import { ManifestHashes } from './open-segment.js';
import { SegmentShares } from './segment-shares.js';
import { ConsentChecks } from './verified-consents.js';

/** How much of one hospital's releases is done at a time, and how many of its requests may be under way. */
export const RELEASES = { atATime: 4, underWay: REQUESTS_OF_A_HOSPITAL } as const;
/** How much of what one hospital asked about is kept, in characters of JSON: two intents of the largest size. */
export const MAX_KEPT_SIZE = 32 << 20;
/** How much is read again in a minute for one hospital because a manifest lacks; one reading more may go beyond it. */
const MAX_SIZE_AGAIN = 16 << 20;
const MINUTE_MS = 60_000;

type Kept = ContextRead & Readonly<{ size: number }>;

/**
 * What was read from the own peer for one hospital's intents. A repeated question is answered from the reading before
 * while no block has changed anything in it, so that its costly checks are made once.
 */
export class Readings {
  readonly turns = new Turns(RELEASES);
  readonly consents = new ConsentChecks();
  readonly hashes = new ManifestHashes();
  readonly shares = new SegmentShares();
  readonly #kept = new Map<string, Kept>();
  readonly #clock: Clock;
  #size = 0;
  #again = { since: -Infinity, size: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The reading of an intent, within a turn: the one before if it is still valid at a newer height (`heldAt`; undefined if
   * not), else what `ask` answers. A manifest that is missing can come without a block: a reading without it is valid for
   * its own block, and longer only when too much was read again within the minute.
   */
  async read(
    intentId: string,
    {
      heldAt,
      ask,
    }: Readonly<{ heldAt: (read: ContextRead) => number | undefined; ask: () => Promise<ContextRead> }>,
  ): Promise<ContextRead> {
    const kept = this.#kept.get(intentId);
    const height = kept && heldAt(kept);
    if (kept === undefined || height === undefined) return this.#keep(intentId, sized(await ask()));
    const isOfBefore = height !== kept.height && lacksManifest(kept.context);
    if (!isOfBefore) return this.#keep(intentId, { ...kept, height });
    if (this.#mayReadAgain(kept)) return this.#keep(intentId, sized(await ask()));
    return { ...this.#keep(intentId, kept), height };
  }

  #mayReadAgain({ size }: Kept): boolean {
    const now = this.#clock();
    const { since } = this.#again;
    if (now < since || now >= since + MINUTE_MS) this.#again = { since: now, size: 0 };
    if (this.#again.size >= MAX_SIZE_AGAIN) return false;
    this.#again.size += size;
    return true;
  }

  /**
   * Reads an intent that is on its way, in a turn of its own, unless it was read before, and calls `use` with that reading.
   * Answers whether there is a reading for the time when the intent has come.
   */
  ahead(
    intentId: string,
    ask: () => Promise<ContextRead | undefined>,
    use: (context: ReleaseContext) => Promise<void>,
  ): Promise<boolean> {
    return this.turns.take(async () => {
      if (this.#kept.has(intentId)) return true;
      const read = await ask();
      if (read === undefined) return false;
      await use(read.context);
      this.#keep(intentId, sized(read));
      return true;
    });
  }

  #keep(intentId: string, kept: Kept): ContextRead {
    this.#drop(intentId);
    this.#kept.set(intentId, kept);
    this.#size += kept.size;
    for (const [oldest] of this.#kept) {
      if (this.#size <= MAX_KEPT_SIZE) break;
      this.#drop(oldest);
    }
    return kept;
  }

  #drop(intentId: string): void {
    this.#size -= this.#kept.get(intentId)?.size ?? 0;
    this.#kept.delete(intentId);
  }
}

function sized(read: ContextRead): Kept {
  return { ...read, size: JSON.stringify(read.context).length };
}
