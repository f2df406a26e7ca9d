// SPDX-License-Identifier: Apache-2.0
import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Remembers each `jti` until its assertion has expired (RFC 7523 §3), across restarts. */
export class OneTimeIds {
  readonly #insert: StatementSync;
  readonly #forget: StatementSync;
  readonly #nowSeconds: () => number;

  constructor(state: DatabaseSync, nowSeconds: () => number) {
    state.exec(`CREATE TABLE IF NOT EXISTS used_assertion (
      client TEXT, jti TEXT, until INTEGER NOT NULL, PRIMARY KEY (client, jti)) STRICT, WITHOUT ROWID`);
    state.exec('CREATE INDEX IF NOT EXISTS used_assertion_until ON used_assertion (until)');
    this.#insert = state.prepare(
      'INSERT OR IGNORE INTO used_assertion (client, jti, until) VALUES (?, ?, ?)',
    );
    this.#forget = state.prepare('DELETE FROM used_assertion WHERE until < ?');
    this.#nowSeconds = nowSeconds;
  }

  /** Whether this is the first use; `expiresAt` in seconds of the Unix epoch, with the clock skew that is allowed. */
  take(clientId: string, jti: string, expiresAt: number): boolean {
    this.#forget.run(this.#nowSeconds());
    return this.#insert.run(clientId, jti, expiresAt).changes === 1;
  }
}
