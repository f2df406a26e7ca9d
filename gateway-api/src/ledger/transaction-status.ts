// SPDX-License-Identifier: Apache-2.0
import type { Network } from '@hyperledger/fabric-gateway';
import fabricProtos from '@hyperledger/fabric-protos';
import { int32Field, message, readMessage, type MspId, type TxId } from '@tutela/chaincode/domain';
import { holdsValid, mayBeOfAnother } from '@tutela/fabric';
import type { TransactionStatus } from './ledger.js';

const { common, peer } = fabricProtos;
const VALID: number = peer.TxValidationCode.VALID;
const QUESTION_TIMEOUT_MS = 3_000;
// peer.ProcessedTransaction, without the envelope: another hospital may have wrapped the transaction in what it likes.
const processedTransaction = message({ validationCode: [2, int32Field] });

/**
 * Asks one organisation's peer for a transaction by its id (system chaincode `qscc`). A peer that does not have it, or
 * does not answer, says nothing about the transaction: `unknown`. Of several envelopes that claim an id a peer answers
 * with the first, so the block is read where that one is invalid.
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
    if (!mayBeOfAnother(code)) return { status: code === VALID ? 'valid' : 'invalid', code };
    const block = common.Block.deserializeBinary(await ask('GetBlockByTxID'));
    return holdsValid(block, txId) ? { status: 'valid', code: VALID } : { status: 'invalid', code };
  } catch {
    return { status: 'unknown' };
  }
}
