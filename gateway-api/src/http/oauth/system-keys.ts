// SPDX-License-Identifier: Apache-2.0
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SystemId } from '@tutela/chaincode/domain';
import type { JWK } from 'jose';

/** Public keys of this hospital's systems. What counts is the thumbprint on the ledger; a key put here in its place fails there. */
export class SystemKeys {
  readonly #insert: StatementSync;
  readonly #select: StatementSync;

  constructor(state: DatabaseSync) {
    state.exec(`CREATE TABLE IF NOT EXISTS system_key (
      id TEXT PRIMARY KEY, jwk TEXT NOT NULL, name TEXT NOT NULL) STRICT`);
    this.#insert = state.prepare('INSERT OR REPLACE INTO system_key (id, jwk, name) VALUES (?, ?, ?)');
    this.#select = state.prepare('SELECT jwk FROM system_key WHERE id = ?');
  }

  put(id: SystemId, jwk: object, name: string): void {
    this.#insert.run(id, JSON.stringify(jwk), name);
  }

  get(id: SystemId): JWK | undefined {
    const row = this.#select.get(id);
    // Only `put` writes this column, and it writes a public key.
    return typeof row?.jwk === 'string' ? (JSON.parse(row.jwk) as JWK) : undefined;
  }
}
