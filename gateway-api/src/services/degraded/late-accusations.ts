// SPDX-License-Identifier: Apache-2.0
import { toBase64Url } from '@tutela/chaincode/domain';
import { textOf } from '../../state/columns.js';
import { accuse } from '../accuse.js';
import type { SignedReveal } from '../release-replies.js';
import type { ServiceDeps } from '../service-deps.js';

/** Between two tries; twice as long after each. */
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

type Deps = Pick<ServiceDeps, 'ledger' | 'log' | 'state'>;
type Kept = Pick<SignedReveal, 'mspId' | 'evidence'> & Readonly<{ revealed: string }>;

/**
 * Evidence against custodians from a time when the ledger stalls: it is submitted as soon as the ledger answers, also after
 * a restart, until the ledger has it or refuses it for good. One piece convicts a custodian, so one is kept for each: the
 * oldest, which the custodian cannot replace by one that convicts it of nothing. It is not encrypted, since the ledger will
 * publish it.
 */
export class LateAccusations {
  readonly #deps: Deps;
  #pauseMs: number;
  #trying: Promise<void> | undefined;

  constructor(deps: Deps, firstPauseMs: number = FIRST_PAUSE_MS) {
    this.#deps = deps;
    this.#pauseMs = firstPauseMs;
    deps.state.exec(`CREATE TABLE IF NOT EXISTS late_accusation (
      custodian TEXT PRIMARY KEY, evidence TEXT NOT NULL) WITHOUT ROWID`);
    if (this.#waiting().length > 0) this.#try();
  }

  /** Stores evidence and returns without waiting for the ledger. Of a custodian against which a piece waits, newer ones are dropped. */
  add(lies: readonly SignedReveal[]): void {
    if (lies.length === 0) return;
    const put = this.#deps.state.prepare(
      'INSERT OR IGNORE INTO late_accusation (custodian, evidence) VALUES (?, ?)',
    );
    for (const lie of lies) put.run(lie.mspId, textFor(lie));
    this.#try();
  }

  #try(): void {
    this.#trying ??= this.#bring()
      .then((isDone) => {
        if (isDone) return;
        setTimeout(() => {
          this.#try();
        }, this.#pauseMs).unref();
        this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
      })
      .catch((error: unknown) => {
        this.#deps.log.error({ error: String(error) }, 'evidence from a stall could not be read or deleted');
      })
      .finally(() => {
        this.#trying = undefined;
      });
  }

  /** Submits what waits; whether nothing waits any more. */
  async #bring(): Promise<boolean> {
    const brought = this.#waiting();
    const { waiting } = await accuse(this.#deps, brought);
    const forget = this.#deps.state.prepare('DELETE FROM late_accusation WHERE custodian = ?');
    for (const lie of brought) if (!waiting.includes(lie)) forget.run(lie.mspId);
    return this.#waiting().length === 0;
  }

  #waiting(): readonly SignedReveal[] {
    const rows = this.#deps.state.prepare('SELECT evidence FROM late_accusation').all();
    return rows.map((row) => lieIn(textOf(row['evidence'])));
  }
}

function textFor({ mspId, evidence, revealed }: SignedReveal): string {
  return JSON.stringify({ mspId, evidence, revealed: toBase64Url(revealed) } satisfies Kept);
}

function lieIn(text: string): SignedReveal {
  const { mspId, evidence, revealed } = JSON.parse(text) as Kept;
  return { mspId, evidence, revealed: new Uint8Array(Buffer.from(revealed, 'base64url')) };
}
