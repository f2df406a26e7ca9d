// SPDX-License-Identifier: Apache-2.0
import type {
  Basis,
  Category,
  Handle,
  Intent,
  IntentId,
  IntentSegment,
  Purpose,
  RecordId,
  SegmentRef,
  TxId,
} from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';

/** Segments named one by one, or a record, of which all segments (of some categories) are meant. */
export type Wanted =
  | Readonly<{ segments: readonly SegmentRef[] }>
  | Readonly<{ recordId: RecordId; version?: number; categories?: readonly Category[] }>;

export type IntentRequest = Readonly<{ handle: Handle; purpose: Purpose; basis: Basis; wanted: Wanted }>;

/** A declared intent; only permitted segments are told, since others do not exist for the caller. */
export type DeclaredIntent = Readonly<{
  intentId: IntentId;
  txId: TxId;
  expiresAt: string;
  segments: readonly IntentSegment[];
}>;

/** Statements of what is about to be opened; no intent, no key. */
export interface Intents {
  /** Commits an intent. NOT_FOUND (a `TracedError`) when nothing of it is permitted; the refusal is on the ledger. */
  declare(actor: Actor, request: IntentRequest): Promise<DeclaredIntent>;
  /** An intent that the caller declared. */
  get(actor: Actor, intentId: IntentId): Promise<Intent>;
}
