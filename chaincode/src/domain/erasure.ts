// SPDX-License-Identifier: Apache-2.0
import { flag, integer, object, oneOf, text, type Decoded } from './decode.js';
import { bytes32, erasureId, handle, nonce, p256Signature, recordId, type MspId, type TxId } from './ids.js';
import { instant, type Instant } from './time.js';

/** A patient's order to destroy everything that opens a record, exactly as signed. */
export const erasureStatement = object({
  v: oneOf(1),
  kind: oneOf('erasure'),
  channel: text(64, /^[a-z0-9.-]+$/),
  erasureId,
  recordId,
  handle,
  signedAt: instant,
  nonce,
});
/** Arguments of `record:Erase`. */
export const eraseRecord = object({ statement: erasureStatement, signature: p256Signature });
export type EraseRecord = Decoded<typeof eraseRecord>;

/** Arguments of `record:ConfirmErasure`: this hospital holds none of the record's blocks any more. */
export const confirmErasure = object({
  erasureId,
  blocksRemoved: integer(0, 10_000_000),
  blocksHash: bytes32,
});
export const byErasure = object({ erasureId });
/** Arguments of `record:ListErasures`: one page, of all orders or of those that the caller's hospital has not confirmed. */
export const listErasures = object(
  {},
  { pageSize: integer(1, 200), bookmark: text(1024), unconfirmed: flag },
);
export type ErasurePage = Readonly<{ erasures: readonly Erasure[]; bookmark?: string }>;

/** The certificate for the patient: the order, and each hospital's confirmation. */
export type Erasure = Readonly<
  EraseRecord & {
    v: 1;
    /** The hospital that registered the record. */
    author: MspId;
    /** How many the record had; the order does not count them, or one that is registered meanwhile would stop it. */
    versions?: number;
    orderedAt: Instant;
    txId: TxId;
    confirmations: Readonly<
      Record<MspId, Readonly<{ at: Instant; blocksRemoved: number; blocksHash: string; txId: TxId }>>
    >;
    complete: boolean;
  }
>;
