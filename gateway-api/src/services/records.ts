// SPDX-License-Identifier: Apache-2.0
import type {
  Category,
  Handle,
  Instant,
  Month,
  MspId,
  RecordId,
  SegmentClass,
  SegmentId,
} from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';

/** A segment that the caller may open now. */
export type SegmentSummary = Readonly<{
  segmentId: SegmentId;
  category: Category;
  class: SegmentClass;
  month: Month;
  size: number;
}>;

/** A record version as far as the caller may see it; segments that the caller may not open do not exist. */
export type RecordSummary = Readonly<{
  recordId: RecordId;
  version: number;
  handle: Handle;
  author: MspId;
  registeredAt: Instant;
  /** What a patient signs that this version takes the place of the one before. */
  manifestHash: string;
  segments: readonly SegmentSummary[];
}>;

/** Which records the caller may see, by the same rules that decide about opening them. */
export interface Records {
  /** Newest versions of a handle that have at least one segment that the caller may open for treatment. */
  list(actor: Actor, handle: Handle): Promise<readonly RecordSummary[]>;
  /** One version, the newest if none is named; NOT_FOUND unless the caller may open something of it. */
  get(actor: Actor, of: Readonly<{ recordId: RecordId; version?: number }>): Promise<RecordSummary>;
}
