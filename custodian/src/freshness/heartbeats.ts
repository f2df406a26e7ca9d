// SPDX-License-Identifier: Apache-2.0
import { CLOCK_SKEW_MS, instantOf, msOf, type AuditEntry, type Instant } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';

/** The newest heartbeat of each custodian, as the own peer's valid blocks show them. */
export class Heartbeats {
  readonly #own: string;
  readonly #clock: Clock;
  readonly #latest = new Map<string, number>();

  constructor({ mspId, clock }: Readonly<{ mspId: string; clock: Clock }>) {
    this.#own = mspId;
    this.#clock = clock;
  }

  /** Takes up an entry of a valid transaction; others than heartbeats are ignored. */
  see({ act, actor, at }: AuditEntry): void {
    if (act !== 'heartbeat') return;
    const time = msOf(at);
    if (time > (this.#latest.get(actor.mspId) ?? 0)) this.#latest.set(actor.mspId, time);
  }

  /** Whether another hospital's heartbeat is younger than `maxAgeMs`; one from far in the future counts for nothing. */
  hasFresh(maxAgeMs: number): boolean {
    const now = this.#clock();
    return this.#others().some((at) => at > now - maxAgeMs && at <= now + CLOCK_SKEW_MS);
  }

  /**
   * What time it is at the other hospitals: the (upper) median of their latest heartbeats, or undefined. A minority
   * of wrong clocks does not move it, and it is only ever used to close a window earlier.
   */
  othersTime(): Instant | undefined {
    const times = this.#others().sort((a, b) => a - b);
    const median = times[Math.floor(times.length / 2)];
    return median === undefined ? undefined : instantOf(median);
  }

  /** When this custodian's own newest heartbeat was written, in milliseconds; 0 if never. */
  get ownLatest(): number {
    return this.#latest.get(this.#own) ?? 0;
  }

  #others(): number[] {
    return [...this.#latest].filter(([mspId]) => mspId !== this.#own).map(([, at]) => at);
  }
}
