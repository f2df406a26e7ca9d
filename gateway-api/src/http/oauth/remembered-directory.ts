// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Act } from '@tutela/chaincode/domain';
import type { LedgerFeed } from '../../projection/feed.js';
import type { Directory } from './directory.js';

/** How long an answer is believed at most, in milliseconds; it ends earlier with the first event that may change it. */
const REMEMBER_MS = 10_000;
const MAX_REMEMBERED = 10_000;
/** How long after a feed that cut this listener off it is taken up again. */
const PAUSE_MS = 100;

/** Acts that happen all day and change nothing about who may act; any other makes everything forgotten. */
const QUIET: readonly Act[] = [
  'heartbeat',
  'intent-declared',
  'consent-granted',
  'consent-replaced',
  'consent-revoked',
  'record-registered',
  'patient-registered',
  'audit-read',
];

/** A directory that remembers; `forget` makes it ask anew, `heed` makes it forget by what the ledger tells. */
export type RememberedDirectory = Directory &
  Readonly<{ forget: () => void; heed: (feed: LedgerFeed, signal: AbortSignal) => Promise<void> }>;

/**
 * Answers about systems and practitioners, remembered while this gateway hears the ledger: a suspension on the ledger
 * makes the next question a new one. While nobody heeds, nothing is remembered; heeding ends with the signal alone.
 */
export function rememberedDirectory(directory: Directory, nowMs: () => number): RememberedDirectory {
  const systems = new Memory(directory.system, nowMs);
  const practitioners = new Memory(directory.practitioner, nowMs);
  const forget = (): void => {
    systems.clear();
    practitioners.clear();
  };
  const remember = (isHeeding: boolean): void => {
    forget();
    systems.isOn = practitioners.isOn = isHeeding;
  };
  return {
    ...directory,
    system: (id) => systems.ask(id),
    practitioner: (id) => practitioners.ask(id),
    forget,
    heed: async (feed, signal) => {
      while (!signal.aborted) {
        const events = feed.subscribe(signal);
        remember(true);
        try {
          for await (const { event } of events) if (!QUIET.includes(event.act)) forget();
        } finally {
          remember(false);
        }
        await sleepFor(PAUSE_MS, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}

class Memory<Id extends string, T> {
  isOn = false;
  readonly #ask: (id: Id) => Promise<T>;
  readonly #nowMs: () => number;
  readonly #known = new Map<Id, Readonly<{ answer: Promise<T>; untilMs: number }>>();

  constructor(ask: (id: Id) => Promise<T>, nowMs: () => number) {
    this.#ask = ask;
    this.#nowMs = nowMs;
  }

  clear(): void {
    this.#known.clear();
  }

  ask(id: Id): Promise<T> {
    if (!this.isOn) return this.#ask(id);
    const known = this.#known.get(id);
    if (known !== undefined && this.#nowMs() < known.untilMs) return known.answer;
    const answer = this.#ask(id);
    const entry = { answer, untilMs: this.#nowMs() + REMEMBER_MS };
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    this.#known.set(id, entry);
    // Neither a failure nor an absence is kept: whoever is registered next is known next.
    const drop = (): void => {
      if (this.#known.get(id) === entry) this.#known.delete(id);
    };
    answer.then((found) => {
      if (found === undefined) drop();
    }, drop);
    return answer;
  }
}
