// SPDX-License-Identifier: Apache-2.0
import { toBase64Url } from '@tutela/chaincode/domain';
import { textOf } from '../../state/columns.js';
import { accuse } from '../accuse.js';
import type { SignedReveal } from '../release-replies.js';
import type { ServiceDeps } from '../service-deps.js';

const RETRY_MS = 60_000;

type Deps = Pick<ServiceDeps, 'ledger' | 'log' | 'state'>;
type Kept = Pick<SignedReveal, 'mspId' | 'evidence'> & Readonly<{ revealed: string }>;

/**
 * Evidence against custodians from a time when the ledger stalls: it is brought there as soon as it can be, also after
 * a restart. One piece for each custodian convicts it, so no more than that is kept, in the clear as the ledger will have it.
 */
export class LateAccusations {
  readonly #deps: Deps;
  readonly #retryMs: number;
  #trying: Promise<void> | undefined;

  constructor(deps: Deps, retryMs: number = RETRY_MS) {
    this.#deps = deps;
    this.#retryMs = retryMs;
    deps.state.exec(`CREATE TABLE IF NOT EXISTS late_accusation (
      custodian TEXT PRIMARY KEY, evidence TEXT NOT NULL) WITHOUT ROWID`);
    if (this.#waiting().length > 0) this.#try();
  }

  /** Takes evidence up; nobody waits for the ledger. The newest of a custodian takes the place of what waits of it. */
  add(lies: readonly SignedReveal[]): void {
    if (lies.length === 0) return;
    const put = this.#deps.state.prepare(
      'INSERT OR REPLACE INTO late_accusation (custodian, evidence) VALUES (?, ?)',
    );
    for (const lie of lies) put.run(lie.mspId, textFor(lie));
    this.#try();
  }

  #try(): void {
    this.#trying ??= this.#bring()
      .then((isDone) => {
        if (!isDone)
          setTimeout(() => {
            this.#try();
          }, this.#retryMs).unref();
      })
      .catch((error: unknown) => {
        this.#deps.log.error(
          { error: String(error) },
          'evidence from a stall could not be read or forgotten',
        );
      })
      .finally(() => {
        this.#trying = undefined;
      });
  }

  /** Whether nothing waits any more. */
  async #bring(): Promise<boolean> {
    const brought = this.#waiting();
    const { waiting } = await accuse(this.#deps, brought);
    const forget = this.#deps.state.prepare(
      'DELETE FROM late_accusation WHERE custodian = ? AND evidence = ?',
    );
    for (const lie of brought) if (!waiting.includes(lie)) forget.run(lie.mspId, textFor(lie));
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
