// SPDX-License-Identifier: Apache-2.0
import {
  MAX_PARTS_PER_SEGMENT,
  type Category,
  type Handle,
  type Month,
  type RecordId,
  type SegmentClass,
  type SegmentId,
  type TxId,
} from '@tutela/chaincode/domain';
import { CHUNK_SIZE, PART_SIZE } from '@tutela/crypto';
import type { Actor } from '../ledger/actor.js';
import type { Attempt } from './attempt.js';

/** How long a store or upload may take until its registration is ordered, in milliseconds. */
export const STORE_LIFETIME_MS = 36 * 3_600_000;

/** What one content is, apart from its bytes. */
export type ContentFacts = Readonly<{
  handle: Handle;
  category: Category;
  class: Extract<SegmentClass, 'summary' | 'standard'>;
  month: Month;
  contentType: string;
  /** The record of which this is the next version; absent for a new record. */
  recordId?: RecordId;
}>;

/** A FHIR Bundle, which is cut into segments by category. */
export type BundleFacts = Readonly<Pick<ContentFacts, 'handle' | 'month' | 'recordId'>>;

/** A record version in the answer to its author. Sizes are of ciphertext in bytes. */
export type StoredRecord = Readonly<{
  recordId: RecordId;
  version: number;
  segments: readonly Readonly<{ segmentId: SegmentId; category: Category; size: number }>[];
  manifestHash: string;
  txId: TxId;
  /** The least number of hospitals that hold each of its parts. */
  hospitals: number;
}>;

/** Stores a record version: encrypt, replicate, then anchor. Nothing is anchored that two hospitals do not hold. */
export interface StoreRecord {
  /** Stores a stream (at most {@link MAX_CONTENT_BYTES}) with flat memory as one segment. */
  storeContent(
    actor: Actor,
    facts: ContentFacts,
    body: AsyncIterable<Uint8Array>,
    attempt: Attempt,
  ): Promise<StoredRecord>;
  /** Stores a Bundle, read whole into memory (at most {@link MAX_BUNDLE_BYTES}), as one segment per category. */
  storeBundle(
    actor: Actor,
    facts: BundleFacts,
    body: AsyncIterable<Uint8Array>,
    attempt: Attempt,
  ): Promise<StoredRecord>;
}

/** Largest content, in bytes: what the parts of one segment carry, but for a chunk, which leaves room for tags and header. */
export const MAX_CONTENT_BYTES = MAX_PARTS_PER_SEGMENT * PART_SIZE - CHUNK_SIZE;

/** Largest Bundle that is split, in bytes; anything larger is stored as a content of one category. */
export const MAX_BUNDLE_BYTES = 32 * 1024 * 1024;
