// SPDX-License-Identifier: Apache-2.0
import { mspId } from '@tutela/chaincode/domain';
import { numberOf, textOf } from '../state/columns.js';
import { atomically, type State } from '../state/open-state.js';
import { blockName } from '../storage/storage.js';
import type { KnownAuthor } from './copy-journal.js';
import { sha256 } from './hashing.js';

/**
 * The blocks that orders of the ledger took from this hospital, written before the first of them goes, with who had
 * registered them. One block has an identifier for every codec, so a digest of what those have in common stands for it.
 */
export class DestroyedBlocks {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
    state.exec(`CREATE TABLE IF NOT EXISTS destroyed_block (
      block BLOB NOT NULL, author TEXT NOT NULL, known_since INTEGER NOT NULL,
      PRIMARY KEY (block, author)) WITHOUT ROWID`);
  }

  note(blocks: readonly string[], { author, knownSinceMs }: KnownAuthor): void {
    const insert = this.#state.prepare(
      `INSERT INTO destroyed_block (block, author, known_since) VALUES (?, ?, ?)
       ON CONFLICT (block, author) DO UPDATE SET known_since = MIN(known_since, excluded.known_since)`,
    );
    atomically(this.#state, () => {
      for (const block of blocks) insert.run(digestOf(block), author, knownSinceMs);
    });
  }

  /** By whose orders one of the blocks was taken. */
  ordersOf(blocks: readonly string[]): readonly KnownAuthor[] {
    const find = this.#state.prepare('SELECT author, known_since FROM destroyed_block WHERE block = ?');
    return blocks
      .flatMap((block) => find.all(digestOf(block)))
      .map((row) => ({
        author: mspId(textOf(row['author']), 'author'),
        knownSinceMs: numberOf(row['known_since']),
      }));
  }
}

function digestOf(block: string): Uint8Array {
  return sha256(Buffer.from(blockName(block)));
}
