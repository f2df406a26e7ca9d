// SPDX-License-Identifier: Apache-2.0
import { DomainError, type AuditEntry, type Decoder } from '@tutela/chaincode/domain';
import type { JournalFacts } from '../journal/entry.js';

/**
 * What a hold asks for is in force by the own peer's word. Once the block of transaction `by` is final, nothing is left to
 * hold; where no such one can be named, once all is final that the own peer has.
 */
export type Committed = Readonly<{ by: string | undefined }>;

/** What is held, and by which rules: a consent that its patient took back, or an identity that may not act any more. */
export type HoldKind<S> = Readonly<{
  /** What to call it in the log. */
  name: string;
  decode: Decoder<S>;
  /** Under what the hold is kept; one hold each. Letters, digits and `._~-` alone, since a file is named after it. */
  keyOf: (signed: S) => string;
  /** What the hold lies on; a release asks for it by that. */
  subjectOf: (signed: S) => string;
  /** Whether the own peer shows it already. Throws a DomainError when the hold is not valid. */
  verify: (signed: S, now: number) => Promise<'open' | Committed>;
  /** Whether one that was valid need not be held any more, by the current state of the own peer. */
  isOver: (signed: S, now: number) => Promise<boolean>;
  /** Whose limit it counts against: the hospital, or the hospitals, that vouch for its signers. */
  hospitalOf: (signed: S) => Promise<string>;
  /** Whether it takes the place of one that is in force already. */
  supersedes: (signed: S, standing: S) => boolean;
  /** The transaction that brings it to the ledger. */
  transaction: string;
  /** What it is found by when the ledger changes: holds that an entry may end have the name that the entry touches. */
  nameOf: (signed: S) => string;
  /** The name that an entry of the ledger touches, if it may make any hold superfluous. */
  touchedBy: (entry: AuditEntry) => string | undefined;
  /** Whether an entry of the ledger may have made this hold superfluous. */
  concerns: (entry: AuditEntry, signed: S) => boolean;
  facts: (signed: S) => Pick<JournalFacts, 'requestHash' | 'consentId' | 'identity'>;
  /** When it ends although it never committed, in milliseconds of the clock; Infinity for never. */
  lapsesAt: (signed: S) => number;
}>;

/** Whether a hold is over, where verifying it again says so: the ledger has it, or has had it. */
export async function isOverBy(verified: Promise<'open' | Committed>): Promise<boolean> {
  try {
    return (await verified) !== 'open';
  } catch (error) {
    if (error instanceof DomainError) return error.code === 'STATEMENT_REPLAYED';
    throw error;
  }
}
