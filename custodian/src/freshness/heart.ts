// SPDX-License-Identifier: Apache-2.0
import { PERIOD_MS } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import { entriesOf, type Chain } from '../ledger/chain.js';
import type { Block, Ledger } from '../ledger/ledger.js';
import { failureCode, type Log } from '../log.js';

/**
 * While there is traffic a heartbeat is written this often, and on demand of one hospital; on demand of several not more
 * often than the second figure.
 */
export const TRAFFIC_INTERVAL_MS = 20_000;
export const DEMAND_INTERVAL_MS = 5_000;

type Parts = Readonly<{
  ledger: Ledger;
  chain: Chain;
  clock: Clock;
  log: Log;
  journalHead: () => string;
  lastBeatAt: () => number;
  /** When the newest heartbeat of any custodian came. */
  newestBeatAt: () => number;
}>;

/**
 * Writes this custodian's heartbeats: while others transact, when another asks, and on an idle ledger once a period, so
 * that no endorsed transaction can be withheld for longer.
 */
export class Heart {
  readonly #parts: Parts;
  #beating: Promise<void> | undefined;
  #triedAt = 0;
  /** When each member's demand was last followed. */
  readonly #demanded = new Map<string, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Beats with the traffic and with the periods until the signal. */
  start(signal: AbortSignal): void {
    const stop = this.#parts.chain.onBlock((block) => {
      if (isTraffic(block)) this.#beat(TRAFFIC_INTERVAL_MS);
    });
    const timer = setInterval(() => {
      this.keepPeriod();
    }, TRAFFIC_INTERVAL_MS).unref();
    const end = (): void => {
      stop();
      clearInterval(timer);
    };
    signal.addEventListener('abort', end, { once: true });
  }

  /** Beats if no custodian has for a period: the first one to notice spares the others their heartbeat. */
  keepPeriod(): void {
    const { clock, newestBeatAt } = this.#parts;
    if (clock() - newestBeatAt() >= PERIOD_MS) this.#beat(TRAFFIC_INTERVAL_MS);
  }

  /** Another hospital needs a sign of life: each can have no more of them than the traffic brings anyway. */
  demand(by: string): void {
    const now = this.#parts.clock();
    if (now - (this.#demanded.get(by) ?? -Infinity) < TRAFFIC_INTERVAL_MS) return;
    if (this.#beat(DEMAND_INTERVAL_MS)) this.#demanded.set(by, now);
  }

  /** Waits for a heartbeat that is under way. */
  async settled(): Promise<void> {
    await this.#beating;
  }

  /** Whether a heartbeat has begun. */
  #beat(intervalMs: number): boolean {
    const now = this.#parts.clock();
    const last = Math.max(this.#triedAt, this.#parts.lastBeatAt());
    if (this.#beating !== undefined || now - last < intervalMs) return false;
    this.#triedAt = now;
    this.#beating = this.#submit().finally(() => {
      this.#beating = undefined;
    });
    return true;
  }

  async #submit(): Promise<void> {
    const { ledger, chain, journalHead, log } = this.#parts;
    const block = chain.head;
    if (block === undefined) return;
    const request = { height: block.number, blockHash: block.hash, journalHead: journalHead() };
    try {
      await ledger.submit('custody:Heartbeat', request);
    } catch (error) {
      log.warn({ code: failureCode(error) }, 'a heartbeat was not written');
    }
  }
}

/** Whether a block holds anything but heartbeats. */
function isTraffic(block: Block): boolean {
  return entriesOf(block).some(({ act }) => act !== 'heartbeat');
}
