// SPDX-License-Identifier: Apache-2.0
import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** The gateway's durable state: one SQLite file, in which each owner keeps tables of its own. */
export type State = DatabaseSync;

const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens the state file, 0600. What was written is on disk when the call returns (`synchronous = FULL`): a nonce
 * must never be used twice because a crash forgot its first use. `:memory:` gives a state for a test.
 */
export function openState(path: string): State {
  const state = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  if (path !== ':memory:') chmodSync(path, 0o600);
  state.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
  return state;
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
