// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry, Decoder } from '@tutela/chaincode/domain';
import type { JournalFacts } from '../journal/entry.js';

/** What is held, and by which rules: a consent that its patient took back, or an identity that may not act any more. */
export type HoldKind<S> = Readonly<{
  /** What to call it in the log. */
  name: string;
  decode: Decoder<S>;
  /** What the hold lies on; one hold each. Letters, digits and `._~-` alone, since a file is named after it. */
  keyOf: (signed: S) => string;
  /** Whether the ledger has it already. Throws a DomainError when the hold is not valid. */
  verify: (signed: S, now: number) => Promise<'open' | 'committed'>;
  /** Whether it takes the place of one that lies there already. */
  supersedes: (signed: S, standing: S) => boolean;
  /** The transaction that brings it to the ledger. */
  transaction: string;
  /** Whether an entry of the ledger may have made the hold superfluous. */
  concerns: (entry: AuditEntry, signed: S) => boolean;
  facts: (signed: S) => Pick<JournalFacts, 'requestHash' | 'consentId' | 'identity'>;
  /** When it ends although it never committed, in milliseconds of the clock; Infinity for never. */
  lapsesAt: (signed: S) => number;
}>;
