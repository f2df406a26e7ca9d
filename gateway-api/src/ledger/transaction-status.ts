// SPDX-License-Identifier: Apache-2.0
import type { Network } from '@hyperledger/fabric-gateway';
import fabricProtos from '@hyperledger/fabric-protos';
import { int32Field, message, readMessage, type MspId, type TxId } from '@tutela/chaincode/domain';
import type { TransactionStatus } from './ledger.js';

const { peer } = fabricProtos;
const VALID: number = peer.TxValidationCode.VALID;
const QUESTION_TIMEOUT_MS = 3_000;
// peer.ProcessedTransaction, without the envelope: another hospital may have wrapped the transaction in what it likes.
const processedTransaction = message({ validationCode: [2, int32Field] });

/**
 * Asks one organisation's peer for a transaction by its id (system chaincode `qscc`, `GetTransactionByID`).
 * A peer that does not have it, or does not answer, says nothing about the transaction: `unknown`.
 */
export async function askStatus(
  network: Network,
  txId: TxId,
  organization: MspId,
  nowMs: () => number,
): Promise<TransactionStatus> {
  try {
    const proposal = network.getContract('qscc').newProposal('GetTransactionByID', {
      arguments: [network.getName(), txId],
      endorsingOrganizations: [organization],
    });
    const answer = await proposal.evaluate({ deadline: nowMs() + QUESTION_TIMEOUT_MS });
    const code = readMessage(processedTransaction, answer)?.validationCode;
    if (code === undefined) return { status: 'unknown' };
    return { status: code === VALID ? 'valid' : 'invalid', code };
  } catch {
    return { status: 'unknown' };
  }
}
