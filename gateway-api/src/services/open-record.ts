// SPDX-License-Identifier: Apache-2.0
import type {
  Basis,
  Category,
  IntentId,
  MspId,
  Purpose,
  RecordId,
  SegmentId,
  TxId,
} from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';

/** Bytes asked for as in RFC 9110 §14.1.2: from `first` to `last` (inclusive), to the end, or the last `suffix` bytes. */
export type RangeRequest = Readonly<{ first: number; last?: number }> | Readonly<{ suffix: number }>;

/** Plaintext on its way; each chunk is handed out only once it is verified. */
export type OpenedContent = Readonly<{
  intentId: IntentId;
  /** The intent's transaction. */
  txId: TxId;
  contentType: string;
  /** Size of the whole content in bytes; undefined for a Bundle put together from segments. */
  size?: number;
  /** The bytes that `body` yields, `end` exclusive; present when a range was asked for. */
  range?: Readonly<{ start: number; end: number }>;
  body: AsyncIterable<Uint8Array>;
  /** Custodians whose share was proven wrong while this was opened; the evidence is on the ledger. */
  accused: readonly MspId[];
}>;

/** Opens segments under a committed intent; every opening asks the custodians anew. */
export interface OpenRecord {
  /** One segment under an intent of the caller; NOT_FOUND unless the intent permits it, {@link RangeNotSatisfiable} for a bad range. */
  openSegment(
    actor: Actor,
    of: Readonly<{ intentId: IntentId; segmentId: SegmentId; range?: RangeRequest }>,
    signal?: AbortSignal,
  ): Promise<OpenedContent>;
  /** Declares an intent and opens all that it permits in one go; segments of a Bundle are put together in their old order. */
  openRecord(
    actor: Actor,
    of: Readonly<{
      recordId: RecordId;
      version?: number;
      purpose: Purpose;
      basis: Basis;
      categories?: readonly Category[];
      range?: RangeRequest;
    }>,
    signal?: AbortSignal,
  ): Promise<OpenedContent>;
}

/** A range that lies outside a content of `size` bytes. */
export class RangeNotSatisfiable extends Error {
  override readonly name = 'RangeNotSatisfiable';
  readonly size: number;

  constructor(size: number) {
    super('the range lies outside the content');
    this.size = size;
  }
}
