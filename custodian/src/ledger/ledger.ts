// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry } from '@tutela/chaincode/domain';
import type { Claim, MemberAuthorities, OrdererRoots } from '@tutela/fabric';

export type { MemberAuthorities, OrdererRoots };

/** Everything that an orderer signed over a block header, so that a third party can check it; base64url. */
export type OrdererSignature = Readonly<{ value: string; signatureHeader: string; signature: string }>;

/** A block's header; hashes are base64url of 32 bytes (the first block has no previous hash). */
export type BlockHeader = Readonly<{ number: number; previousHash: string; dataHash: string }>;

/**
 * An envelope in a block: `txId` is empty if it is no transaction. If it is a valid one of ours, with its chaincode event and
 * the SHA-256 of its answer (base64url); if it claims the id of another, with that claim.
 */
export type BlockTransaction = Readonly<{
  txId: string;
  valid: boolean;
  claim?: Claim;
  entry?: AuditEntry;
  answerHash?: string;
}>;

/** A block as the own peer committed it. */
export type Block = BlockHeader &
  Readonly<{
    hash: string;
    transactions: readonly BlockTransaction[];
    ordererSignature?: OrdererSignature;
  }>;

/** The ledger as the own hospital's peer shows it. Failures are `DomainError`s, as the chaincode named them. */
export interface Ledger {
  readonly channel: string;
  readonly mspId: string;
  /** Asks the own peer, and no other, for current state. */
  evaluate(transaction: string, request: object): Promise<unknown>;
  /** Submits and waits for the commit; throws COMMIT_UNKNOWN when no answer came in time. */
  submit(transaction: string, request: object): Promise<unknown>;
  /** Number of blocks on the own peer. */
  height(): Promise<number>;
  /** The block that holds a transaction, or undefined. */
  blockOf(txId: string): Promise<Block | undefined>;
  /** Blocks as the own peer commits them, from a number on, until the signal or a failure ends it. */
  blocks(from: number, signal: AbortSignal): AsyncIterable<Block>;
  /** The authorities of the ordering organisations. */
  ordererRoots(): Promise<readonly OrdererRoots[]>;
  /** The authorities of the member hospitals, as the own peer last saw them configured. */
  memberAuthorities(): Promise<readonly MemberAuthorities[]>;
}
