// SPDX-License-Identifier: Apache-2.0
import { chmodSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { DomainError } from '@tutela/chaincode/domain';

/** The gateway's durable state: one SQLite file, in which each owner keeps tables of its own. */
export type State = DatabaseSync;
export type Statement = StatementSync;

const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens the state file, 0600. What was written is on disk when the call returns (`synchronous = FULL`): a nonce
 * must never be used twice because a crash forgot its first use. What was deleted is overwritten (`secure_delete`), also
 * what a crash kept from being so. `:memory:` gives a state for a test.
 */
export function openState(path: string): State {
  const state = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  if (path !== ':memory:') chmodSync(path, 0o600);
  state.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;',
  );
  state.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  return state;
}

/**
 * Makes what was deleted or replaced before unreadable on the disk: the log in which older pages lie is written back and
 * cut to nothing. Call it after deleting a secret. What the file system or the drive keeps beneath is not reached.
 */
export function eraseDeleted(state: State): void {
  const row = state.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
  if (row?.['busy'] === 1) throw new DomainError('INTERNAL', 'another process reads the gateway state');
}

/** Runs `change` in one transaction: all of it is written, or nothing. */
export function atomically<T>(state: State, change: () => T): T {
  state.exec('BEGIN IMMEDIATE');
  try {
    const result = change();
    state.exec('COMMIT');
    return result;
  } catch (error) {
    state.exec('ROLLBACK');
    throw error;
  }
}

/** Whether the state has a table: an earlier version of its owner may have written it otherwise. */
export function hasTable(state: State, name: string): boolean {
  return (
    state.prepare("SELECT 1 AS found FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !==
    undefined
  );
}
