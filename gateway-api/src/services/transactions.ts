// SPDX-License-Identifier: Apache-2.0
import type { TxId } from '@tutela/chaincode/domain';
import type { TransactionStatus } from '../ledger/ledger.js';

/** What became of transactions whose answer was lost. */
export interface Transactions {
  status(txId: TxId): Promise<TransactionStatus>;
}
