// SPDX-License-Identifier: Apache-2.0
import { atomically, type State } from '../state/open-state.js';
import { blockName } from '../storage/storage.js';

/**
 * The blocks that an order of the ledger took from this hospital, written before the first of them goes. One block has an
 * identifier for every codec, so they are kept by what those have in common.
 */
export class DestroyedBlocks {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
    state.exec('CREATE TABLE IF NOT EXISTS destroyed_block (block TEXT PRIMARY KEY) WITHOUT ROWID');
  }

  note(blocks: readonly string[]): void {
    const insert = this.#state.prepare('INSERT OR IGNORE INTO destroyed_block (block) VALUES (?)');
    atomically(this.#state, () => {
      for (const block of blocks) insert.run(blockName(block));
    });
  }

  hasAny(blocks: readonly string[]): boolean {
    const find = this.#state.prepare('SELECT 1 AS found FROM destroyed_block WHERE block = ?');
    return blocks.some((block) => find.get(blockName(block)) !== undefined);
  }
}
