// SPDX-License-Identifier: Apache-2.0
import type { ReleaseContext } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import { Turns, type Bounds } from '../turns.js';
import { lacksManifest, type ContextRead } from './read-ahead.js';
import { ManifestHashes } from './open-segment.js';
import { SegmentShares } from './segment-shares.js';
import { ConsentChecks } from './verified-consents.js';

/** How much of one hospital's releases is done at a time, and how many of its requests may be under way. */
export const RELEASES: Bounds = { atATime: 4, underWay: 1_000 };
/** Most intents of one hospital that are read ahead at a time. */
export const MAX_AHEAD = 64;
/** How much of what one hospital asked about is kept, in parts and consents: about as much as four intents can have. */
const MAX_KEPT_WEIGHT = 500_000;
/** What any reading weighs, so that small ones are not kept without end. */
const LEAST_WEIGHT = 500;
/** How much is read again in a minute for one hospital only since a manifest lacks; one reading goes beyond it. */
const MAX_WEIGHT_AGAIN = 250_000;
const MINUTE_MS = 60_000;

type Kept = ContextRead & Readonly<{ weight: number }>;

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
  readonly #ahead = new Set<string>();
  readonly #clock: Clock;
  #weight = 0;
  #again = { since: -Infinity, weight: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The reading of an intent: the one before if it holds at a newer height (`heldAt`; undefined if it may not), else
   * what `ask` says. One that lacks a manifest, which comes without a block, holds for its own block alone, or until so
   * much may be read again.
   */
  read(
    intentId: string,
    {
      heldAt,
      ask,
    }: Readonly<{ heldAt: (read: ContextRead) => number | undefined; ask: () => Promise<ContextRead> }>,
  ): Promise<ContextRead> {
    return this.turns.take(async () => {
      const kept = this.#kept.get(intentId);
      const height = kept && heldAt(kept);
      if (kept === undefined || height === undefined) return this.keep(intentId, await ask());
      const isOfBefore = height !== kept.height && lacksManifest(kept.context);
      if (!isOfBefore) return this.keep(intentId, { ...kept, height });
      if (this.#mayReadAgain(kept)) return this.keep(intentId, await ask());
      return { ...this.keep(intentId, kept), height };
    });
  }

  #mayReadAgain({ weight }: Kept): boolean {
    const now = this.#clock();
    const { since } = this.#again;
    if (now < since || now >= since + MINUTE_MS) this.#again = { since: now, weight: 0 };
    if (this.#again.weight >= MAX_WEIGHT_AGAIN) return false;
    this.#again.weight += weight;
    return true;
  }

  /** Reads an intent that is on its way, and lets `use` have that reading; an intent is read ahead by one request only. */
  async ahead<T>(
    intentId: string,
    ask: () => Promise<ContextRead | undefined>,
    use: (read: ContextRead | undefined) => Promise<T>,
  ): Promise<T> {
    if (this.#ahead.has(intentId) || this.#ahead.size >= MAX_AHEAD) return use(undefined);
    this.#ahead.add(intentId);
    try {
      return await use(await this.turns.take(ask));
    } finally {
      this.#ahead.delete(intentId);
    }
  }

  /** Keeps a reading of what the ledger has. */
  keep(intentId: string, read: ContextRead): ContextRead {
    this.#drop(intentId);
    const kept = { ...read, weight: weightOf(read.context) };
    this.#kept.set(intentId, kept);
    this.#weight += kept.weight;
    for (const [oldest] of this.#kept) {
      if (this.#weight <= MAX_KEPT_WEIGHT) break;
      this.#drop(oldest);
    }
    return kept;
  }

  #drop(intentId: string): void {
    this.#weight -= this.#kept.get(intentId)?.weight ?? 0;
    this.#kept.delete(intentId);
  }
}

function weightOf({ records, consents }: ReleaseContext): number {
  const parts = records
    .flatMap(({ manifest }) => manifest?.segments ?? [])
    .reduce((sum, segment) => sum + 1 + segment.parts.length, 0);
  return LEAST_WEIGHT + parts + consents.length;
}
