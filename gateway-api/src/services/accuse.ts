// SPDX-License-Identifier: Apache-2.0
import { DomainError, toBase64Url, type ErrorCode, type MspId } from '@tutela/chaincode/domain';
import { GATEWAY } from '../ledger/actor.js';
import type { SignedReveal } from './release-replies.js';
import type { ServiceDeps } from './service-deps.js';

/** Who gave a wrong share, and the evidence that could not be brought to the ledger because it gave no answer. */
export type Accused = Readonly<{ accused: readonly MspId[]; waiting: readonly SignedReveal[] }>;

const UNAVAILABLE: ReadonlySet<ErrorCode> = new Set(['LEDGER_UNAVAILABLE', 'COMMIT_UNKNOWN']);

/**
 * Puts the evidence against custodians whose share was proven wrong on the ledger, one piece for each, and names
 * them. What the ledger does not take is logged: the reader's opening does not depend on it.
 */
export async function accuse(
  { ledger, log }: Pick<ServiceDeps, 'ledger' | 'log'>,
  wrong: readonly SignedReveal[],
): Promise<Accused> {
  const byCustodian = new Map(wrong.map((share) => [share.mspId, share]));
  const waiting: SignedReveal[] = [];
  for (const one of byCustodian.values()) {
    const { mspId: custodian, evidence, revealed } = one;
    log.error({ custodian, ...askedUnder(evidence.reply) }, 'a custodian gave a wrong share');
    try {
      await ledger.submit(GATEWAY, 'custody:Accuse', { custodian, evidence, share: toBase64Url(revealed) });
    } catch (error) {
      const code = error instanceof DomainError ? error.code : 'INTERNAL';
      if (UNAVAILABLE.has(code)) waiting.push(one);
      if (code !== 'ALREADY_EXISTS') log.error({ custodian, code }, 'the evidence is not on the ledger yet');
    }
  }
  return { accused: [...byCustodian.keys()], waiting };
}

function askedUnder(reply: SignedReveal['evidence']['reply']): Readonly<Record<string, string>> {
  return 'intentId' in reply ? { intentId: reply.intentId } : { requestHash: reply.requestHash };
}
