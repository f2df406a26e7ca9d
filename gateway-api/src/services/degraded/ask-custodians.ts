// SPDX-License-Identifier: Apache-2.0
import { DomainError, type Custodian, type CustodianSet, type ErrorCode } from '@tutela/chaincode/domain';
import { refusalByCustodians } from '../release-replies.js';

const TIMEOUT_MS = 20_000;

/** What members answered, and with which codes the others refused; who could not be asked is TOO_FEW_CUSTODIANS. */
export type Asked<T> = Readonly<{
  answers: readonly Readonly<{ custodian: Custodian; answer: T }>[];
  codes: readonly ErrorCode[];
}>;

/** Asks all members of the set at once, and waits for every one of them or for the time to be up. */
export async function askMembers<T>(
  custodians: readonly Custodian[],
  { members }: CustodianSet,
  ask: (custodian: Custodian, signal: AbortSignal) => Promise<T>,
): Promise<Asked<T>> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const asked = custodians.filter(({ mspId }) => members.some((member) => member.mspId === mspId));
  const settled = await Promise.all(
    asked.map((custodian) =>
      ask(custodian, signal).then(
        (answer) => ({ custodian, answer }),
        (error: unknown) => codeOf(error),
      ),
    ),
  );
  return {
    answers: settled.filter((one) => typeof one !== 'string'),
    codes: settled.filter((one) => typeof one === 'string'),
  };
}

/** The refusal that enough custodians named, or `otherwise`. */
export function refusal(codes: readonly ErrorCode[], set: CustodianSet, otherwise: DomainError): DomainError {
  const named = refusalByCustodians(codes, set);
  return named.code === 'TOO_FEW_CUSTODIANS' ? otherwise : named;
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof DomainError ? error.code : 'TOO_FEW_CUSTODIANS';
}
