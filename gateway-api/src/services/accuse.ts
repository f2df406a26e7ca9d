// SPDX-License-Identifier: Apache-2.0
import { DomainError, toBase64Url, type ErrorCode, type MspId } from '@tutela/chaincode/domain';
import { GATEWAY } from '../ledger/actor.js';
import type { SignedReveal } from './release-replies.js';
import type { ServiceDeps } from './service-deps.js';

/** Who gave a wrong share, and the evidence that the ledger neither has nor refuses for good. */
export type Accused = Readonly<{ accused: readonly MspId[]; waiting: readonly SignedReveal[] }>;

/** What the ledger says of evidence that it has, or that convicts no custodian. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'ALREADY_EXISTS',
  'BAD_REQUEST',
  'REPLY_MISMATCH',
  'SHARE_INVALID',
  'SIGNATURE_INVALID',
  // What was sealed is erased or retired: no share of it is proven false any more.
  'NOT_FOUND',
]);

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
      if (!FINAL.has(code)) waiting.push(one);
      if (code !== 'ALREADY_EXISTS') log.error({ custodian, code }, 'the evidence is not on the ledger yet');
    }
  }
  return { accused: [...byCustodian.keys()], waiting };
}

function askedUnder(reply: SignedReveal['evidence']['reply']): Readonly<Record<string, string>> {
  return 'intentId' in reply ? { intentId: reply.intentId } : { requestHash: reply.requestHash };
}
