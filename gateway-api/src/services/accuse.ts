// SPDX-License-Identifier: Apache-2.0
import { DomainError, toBase64Url, type MspId } from '@tutela/chaincode/domain';
import { GATEWAY } from '../ledger/actor.js';
import type { SignedReveal } from './release-replies.js';
import type { ServiceDeps } from './service-deps.js';

/**
 * Puts the evidence against custodians whose share was proven wrong on the ledger, one piece for each, and names
 * them. What the ledger does not take is logged: the reader's opening does not depend on it.
 */
export async function accuse(
  { ledger, log }: Pick<ServiceDeps, 'ledger' | 'log'>,
  wrong: readonly SignedReveal[],
): Promise<readonly MspId[]> {
  const byCustodian = new Map(wrong.map((share) => [share.mspId, share]));
  for (const { mspId: custodian, evidence, revealed } of byCustodian.values()) {
    log.error({ custodian, intentId: evidence.reply.intentId }, 'a custodian gave a wrong share');
    try {
      await ledger.submit(GATEWAY, 'custody:Accuse', { custodian, evidence, share: toBase64Url(revealed) });
    } catch (error) {
      const code = error instanceof DomainError ? error.code : 'INTERNAL';
      if (code !== 'ALREADY_EXISTS') log.error({ custodian, code }, 'the evidence is not on the ledger yet');
    }
  }
  return [...byCustodian.keys()];
}
