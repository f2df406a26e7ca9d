// SPDX-License-Identifier: Apache-2.0
import type { Network } from '@hyperledger/fabric-gateway';
import fabricProtos from '@hyperledger/fabric-protos';
import { int32Field, message, readMessage, type MspId, type TxId } from '@tutela/chaincode/domain';
import { holdsValid, mayBeOfAnother } from '@tutela/fabric';
import type { TransactionStatus } from './ledger.js';

const { common, peer } = fabricProtos;
const { DUPLICATE_TXID, VALID } = peer.TxValidationCode;
const QUESTION_TIMEOUT_MS = 3_000;
// peer.ProcessedTransaction, without the envelope, which the block has too.
const processedTransaction = message({ validationCode: [2, int32Field] });

/**
 * Asks one organisation's peer for a transaction by its id (system chaincode `qscc`). A peer that does not have it, or
 * does not answer, says nothing about the transaction: `unknown`. Of several envelopes that claim an id a peer answers
 * with the first, also where that is no transaction, so the block is read where the code may be that one's.
 */
export async function askStatus(
  network: Network,
  txId: TxId,
  organization: MspId,
  nowMs: () => number,
): Promise<TransactionStatus> {
  const ask = (question: string): Promise<Uint8Array> =>
    network
      .getContract('qscc')
      .newProposal(question, {
        arguments: [network.getName(), txId],
        endorsingOrganizations: [organization],
      })
      .evaluate({ deadline: nowMs() + QUESTION_TIMEOUT_MS });
  try {
    const code = readMessage(processedTransaction, await ask('GetTransactionByID'))?.validationCode;
    if (code === undefined) return { status: 'unknown' };
    if (!mayBeOfAnother(code)) return { status: 'invalid', code };
    const block = common.Block.deserializeBinary(await ask('GetBlockByTxID'));
    if (holdsValid(block, txId)) return { status: 'valid', code: VALID };
    return { status: 'invalid', code: code === VALID ? DUPLICATE_TXID : code };
  } catch {
    return { status: 'unknown' };
  }
}
