// SPDX-License-Identifier: Apache-2.0
import { DomainError, type Custodian, type CustodianSet, type ErrorCode } from '@tutela/chaincode/domain';

const TIMEOUT_MS = 20_000;

/** What a custodian answered, or the code with which it refused; TOO_FEW_CUSTODIANS for one that could not be asked. */
export type Answered<T> = Readonly<
  { custodian: Custodian; answer: T } | { custodian: Custodian; code: ErrorCode }
>;

/**
 * Asks all members of a set at once, and gives their answers in the order in which they come. A custodian that has not
 * answered when the reader leaves, when `enough` is aborted or after 20 seconds is asked no longer.
 */
export async function* asTheyAnswer<T>(
  custodians: readonly Custodian[],
  { members }: CustodianSet,
  ask: (custodian: Custodian, signal: AbortSignal) => Promise<T>,
  enough?: AbortSignal,
): AsyncGenerator<Answered<T>, void, undefined> {
  const left = new AbortController();
  const signal = AbortSignal.any([left.signal, AbortSignal.timeout(TIMEOUT_MS), ...(enough ? [enough] : [])]);
  const asked = custodians.filter(({ mspId }) => members.some((member) => member.mspId === mspId));
  const open = new Map(
    asked.map((custodian) => [
      custodian.mspId,
      ask(custodian, signal).then(
        (answer): Answered<T> => ({ custodian, answer }),
        (error: unknown): Answered<T> => ({ custodian, code: codeOf(error) }),
      ),
    ]),
  );
  try {
    while (open.size > 0) {
      const answered = await Promise.race(open.values());
      open.delete(answered.custodian.mspId);
      yield answered;
    }
  } finally {
    left.abort();
  }
}

/** The code of a failure to ask a custodian. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof DomainError ? error.code : 'TOO_FEW_CUSTODIANS';
}
