// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry } from '@tutela/chaincode/domain';
import type { Block, BlockTransaction } from './ledger.js';

type Listener = (block: Block) => void;

/** How many of the newest blocks are remembered. */
export const CHAIN_WINDOW = 2_048;

/** The newest blocks of the own peer's chain: hashes by height, transactions by id, and who waits for what. */
export class Chain {
  readonly #blocks = new Map<number, Block>();
  readonly #heights = new Map<string, number>();
  readonly #intents = new Map<string, string | undefined>();
  readonly #listeners = new Set<Listener>();
  #head: Block | undefined;

  /** The newest block, if any was seen. */
  get head(): Block | undefined {
    return this.#head;
  }

  /** Takes the next block; throws when it does not follow the one before. */
  append(block: Block): void {
    const head = this.#head;
    if (head !== undefined && block.number <= head.number) return;
    if (head !== undefined && block.number === head.number + 1 && block.previousHash !== head.hash)
      throw new Error('a block does not follow the one before');
    this.#remember(block);
    this.#head = block;
    for (const listener of this.#listeners) listener(block);
  }

  /** Hash of the block at a height, if it is remembered. */
  hashAt(height: number): string | undefined {
    return this.#blocks.get(height)?.hash;
  }

  /** The remembered block at a height. */
  blockAt(height: number): Block | undefined {
    return this.#blocks.get(height);
  }

  /**
   * In which block a transaction was committed as valid, if that is remembered. Who sends it again gets an invalid copy
   * into a later block, and that changes nothing.
   */
  heightOf(txId: string): number | undefined {
    return this.#heights.get(txId);
  }

  /** Whether a valid transaction has declared the intent. */
  hasIntent(intentId: string): boolean {
    return this.#intents.has(intentId);
  }

  /** SHA-256 of the intent that a valid transaction has declared, in canonical JSON; base64url. */
  intentHash(intentId: string): string | undefined {
    return this.#intents.get(intentId);
  }

  /** The valid transactions of all blocks after a height, or undefined if one of those blocks is not remembered. */
  validAfter(height: number): readonly BlockTransaction[] | undefined {
    const found: BlockTransaction[] = [];
    for (let number = height + 1; number <= (this.#head?.number ?? height); number += 1) {
      const block = this.#blocks.get(number);
      if (block === undefined) return undefined;
      found.push(...block.transactions.filter(({ valid }) => valid));
    }
    return found;
  }

  /** Calls back for every new block until the returned function is called. */
  onBlock(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** All valid entries of the remembered blocks, oldest first. */
  *entries(): Iterable<AuditEntry> {
    for (const block of this.#blocks.values()) yield* entriesOf(block);
  }

  #remember(block: Block): void {
    this.#blocks.set(block.number, block);
    for (const { txId, valid, entry, answerHash } of block.transactions) {
      if (!valid) continue;
      this.#heights.set(txId, block.number);
      if (entry?.act === 'intent-declared' && entry.intentId !== undefined)
        this.#intents.set(entry.intentId, answerHash);
    }
    this.#forget(block.number - CHAIN_WINDOW);
  }

  #forget(number: number): void {
    const block = this.#blocks.get(number);
    if (block === undefined) return;
    this.#blocks.delete(number);
    for (const { txId, valid } of block.transactions) if (valid) this.#heights.delete(txId);
    for (const { intentId } of entriesOf(block)) if (intentId !== undefined) this.#intents.delete(intentId);
  }
}

/** Whether a block has a transaction as valid; another envelope there may claim the same id. */
export function isValidIn(block: Block | undefined, txId: string): boolean {
  return block?.transactions.some((one) => one.txId === txId && one.valid) === true;
}

/** The audit entries of a block's valid transactions. */
export function entriesOf(block: Block): readonly AuditEntry[] {
  return block.transactions.flatMap(({ valid, entry }) => (valid && entry !== undefined ? [entry] : []));
}
