// SPDX-License-Identifier: Apache-2.0
import type { EraseRecord, Erasure } from '../domain/erasure.js';
import type { MspId, TxId } from '../domain/ids.js';
import type { Instant } from '../domain/time.js';

/** The order as it was given; confirmations have keys of their own. */
export type ErasureOrder = Readonly<EraseRecord & Pick<Erasure, 'v' | 'author' | 'orderedAt' | 'txId'>>;

/** One hospital's statement that it holds none of the record's blocks. */
export type Confirmation = Readonly<{
  mspId: MspId;
  at: Instant;
  blocksRemoved: number;
  blocksHash: string;
  txId: TxId;
}>;
