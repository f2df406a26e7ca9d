// SPDX-License-Identifier: Apache-2.0
import { toBase64Url, type MspId } from '@tutela/chaincode/domain';
import { textOf } from '../../state/columns.js';
import { hasTable } from '../../state/open-state.js';
import { bringEvidence } from '../accuse.js';
import type { SignedReveal } from '../release-replies.js';
import type { ServiceDeps } from '../service-deps.js';

/** The pause between two tries; it doubles after each, until the own peer shows that the ledger takes transactions. */
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

type Deps = Pick<ServiceDeps, 'ledger' | 'log' | 'state'>;
type Kept = Pick<SignedReveal, 'mspId' | 'evidence'> & Readonly<{ revealed: string }>;
type Waiting = Readonly<{ author: string; lie: SignedReveal }>;

/**
 * Evidence against custodians from a time when the ledger stalls: it is submitted as soon as the ledger answers, also after
 * a restart, until the ledger has it or refuses it for good. One piece convicts a custodian. The author of what was sealed
 * can erase it, and then no share of it convicts; so one piece is kept for each custodian and author hospital: the oldest,
 * which the custodian cannot replace by one that convicts it of nothing. It is not encrypted, since the ledger will publish
 * it.
 */
export class LateAccusations {
  readonly #deps: Deps;
  readonly #firstPauseMs: number;
  #pauseMs: number;
  #triedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #trying: Promise<void> | undefined;

  constructor(deps: Deps, firstPauseMs: number = FIRST_PAUSE_MS) {
    this.#deps = deps;
    this.#firstPauseMs = firstPauseMs;
    this.#pauseMs = firstPauseMs;
    openTable(deps.state);
    if (this.#waiting().length > 0) this.#try();
  }

  /**
   * Stores evidence about shares of what a hospital stored, and returns without waiting for the ledger. While a piece for a
   * custodian and author waits, newer ones are dropped.
   */
  add(author: MspId, lies: readonly SignedReveal[]): void {
    const put = this.#deps.state.prepare(
      'INSERT OR IGNORE INTO late_evidence (custodian, author, evidence) VALUES (?, ?, ?)',
    );
    const added = lies.filter((lie) => put.run(lie.mspId, author, textFor(lie)).changes > 0);
    if (added.length > 0) this.#try();
  }

  /** Until the signal aborts: submits what waits soon after each block that the own peer shows. */
  async follow(signal: AbortSignal): Promise<void> {
    const events = this.#deps.ledger.events(signal)[Symbol.asyncIterator]();
    while ((await events.next()).done !== true) {
      this.#pauseMs = this.#firstPauseMs;
      const inMs = this.#triedAt + this.#firstPauseMs - performance.now();
      if (this.#timer !== undefined) this.#tryIn(Math.max(inMs, 0));
    }
  }

  #try(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#trying ??= this.#bring()
      .then((isDone) => {
        this.#triedAt = performance.now();
        if (isDone) return;
        this.#tryIn(this.#pauseMs);
        this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
      })
      .catch((error: unknown) => {
        this.#deps.log.error({ error: String(error) }, 'evidence from a stall could not be read or deleted');
      })
      .finally(() => {
        this.#trying = undefined;
      });
  }

  #tryIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#try();
    }, ms).unref();
  }

  /** Submits what waits; whether nothing waits any more. */
  async #bring(): Promise<boolean> {
    const byCustodian = Map.groupBy(this.#waiting(), ({ lie }) => lie.mspId);
    await Promise.all([...byCustodian].map(([custodian, pieces]) => this.#convict(custodian, pieces)));
    return this.#waiting().length === 0;
  }

  /** Submits the pieces against one custodian until the ledger has one; a piece that it refuses for good is deleted. */
  async #convict(custodian: MspId, pieces: readonly Waiting[]): Promise<void> {
    const { state } = this.#deps;
    for (const { author, lie } of pieces) {
      const brought = await bringEvidence(this.#deps, lie);
      if (brought === 'waiting') continue;
      if (brought === 'on-ledger') {
        state.prepare('DELETE FROM late_evidence WHERE custodian = ?').run(custodian);
        return;
      }
      state.prepare('DELETE FROM late_evidence WHERE custodian = ? AND author = ?').run(custodian, author);
    }
  }

  #waiting(): readonly Waiting[] {
    const rows = this.#deps.state.prepare('SELECT author, evidence FROM late_evidence').all();
    return rows.map((row) => ({ author: textOf(row['author']), lie: lieIn(textOf(row['evidence'])) }));
  }
}

/** Opens the table; what an earlier version kept, without its author, goes on waiting. */
function openTable(state: Deps['state']): void {
  state.exec(`CREATE TABLE IF NOT EXISTS late_evidence (
    custodian TEXT NOT NULL, author TEXT NOT NULL, evidence TEXT NOT NULL,
    PRIMARY KEY (custodian, author)) WITHOUT ROWID`);
  if (!hasTable(state, 'late_accusation')) return;
  state.exec(`INSERT OR IGNORE INTO late_evidence SELECT custodian, '', evidence FROM late_accusation;
    DROP TABLE late_accusation`);
}

function textFor({ mspId, evidence, revealed }: SignedReveal): string {
  return JSON.stringify({ mspId, evidence, revealed: toBase64Url(revealed) } satisfies Kept);
}

function lieIn(text: string): SignedReveal {
  const { mspId, evidence, revealed } = JSON.parse(text) as Kept;
  return { mspId, evidence, revealed: new Uint8Array(Buffer.from(revealed, 'base64url')) };
}
