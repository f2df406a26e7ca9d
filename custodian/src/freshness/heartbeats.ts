// SPDX-License-Identifier: Apache-2.0
import { CLOCK_SKEW_MS, msOf, type AuditEntry } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';

type Beat = Readonly<{ at: number; seenAt: number }>;

/** The newest heartbeat of each custodian, as the own peer's valid blocks show them. */
export class Heartbeats {
  readonly #own: string;
  readonly #clock: Clock;
  readonly #latest = new Map<string, Beat>();

  constructor({ mspId, clock }: Readonly<{ mspId: string; clock: Clock }>) {
    this.#own = mspId;
    this.#clock = clock;
  }

  /** Takes up an entry of a valid transaction; others than heartbeats are ignored. */
  see({ act, actor, at }: AuditEntry): void {
    if (act !== 'heartbeat') return;
    const time = msOf(at);
    if (time > this.latestOf(actor.mspId)) this.#latest.set(actor.mspId, { at: time, seenAt: this.#clock() });
  }

  /**
   * Whether another hospital's heartbeat is younger than `maxAgeMs`, by its own time and by when it was seen, so
   * that a slow clock here keeps none young; one from far in the future counts for nothing.
   */
  hasFresh(maxAgeMs: number): boolean {
    const now = this.#clock();
    const since = now - maxAgeMs;
    return [...this.#latest].some(
      ([mspId, { at, seenAt }]) =>
        mspId !== this.#own && at > since && seenAt > since && at <= now + CLOCK_SKEW_MS,
    );
  }

  /** When a custodian's newest heartbeat was written, by its own clock in milliseconds; 0 if never. */
  latestOf(mspId: string): number {
    return this.#latest.get(mspId)?.at ?? 0;
  }
}
