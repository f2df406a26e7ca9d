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

  /** When the newest heartbeat of any custodian was written or seen, whichever is earlier; 0 if none was. */
  get newest(): number {
    return Math.max(0, ...[...this.#latest.values()].map(({ at, seenAt }) => Math.min(at, seenAt)));
  }

  /**
   * Takes up an entry of a valid transaction; others than heartbeats are ignored. The newest is the last of the chain,
   * whatever times they claim, so a true one takes the place of a false one.
   */
  see({ act, actor, at }: AuditEntry): void {
    if (act === 'heartbeat') this.#latest.set(actor.mspId, { at: msOf(at), seenAt: this.#clock() });
  }

  /**
   * Whether another hospital's heartbeat is younger than `maxAgeMs`, by its own time and by when it was seen, so
   * that a slow clock here keeps none young; one from far in the future counts for nothing.
   */
  hasFresh(maxAgeMs: number): boolean {
    const since = this.#clock() - maxAgeMs;
    return [...this.#latest].some(
      ([mspId, { seenAt }]) => mspId !== this.#own && this.latestOf(mspId) > since && seenAt > since,
    );
  }

  /**
   * When a custodian's newest heartbeat was written, by its own clock in milliseconds; 0 if never, or if it claims a
   * time that is not near the own clock yet.
   */
  latestOf(mspId: string): number {
    const at = this.#latest.get(mspId)?.at ?? 0;
    return at <= this.#clock() + CLOCK_SKEW_MS ? at : 0;
  }
}
