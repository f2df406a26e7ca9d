// SPDX-License-Identifier: Apache-2.0
import type { Contract, ProposalOptions, Transaction } from '@hyperledger/fabric-gateway';
import type { MspId } from '@tutela/chaincode/domain';

const ENDORSE_TIMEOUT_MS = 15_000;
/** Peers that are asked by name are asked all at once, each for six seconds at most. */
const NAMED_ENDORSE_TIMEOUT_MS = 8_000;

/** A proposal, whose peers endorse it, and the clock; without hospitals the own peer chooses them. */
export type EndorsementRequest = Readonly<{
  transaction: string;
  options: ProposalOptions;
  hospitals: readonly MspId[] | undefined;
  /** Milliseconds since 1970. */
  nowMs: () => number;
}>;

/** Has a fresh proposal endorsed; throws the error of Fabric's client. */
export async function endorse(
  contract: Contract,
  { transaction, options, hospitals, nowMs }: EndorsementRequest,
): Promise<Transaction> {
  if (hospitals === undefined)
    return contract.newProposal(transaction, options).endorse({ deadline: nowMs() + ENDORSE_TIMEOUT_MS });
  const named: ProposalOptions = { ...options, endorsingOrganizations: [...hospitals] };
  return contract.newProposal(transaction, named).endorse({ deadline: nowMs() + NAMED_ENDORSE_TIMEOUT_MS });
}
