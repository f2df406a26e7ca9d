// SPDX-License-Identifier: Apache-2.0
import { DomainError, toBase64Url, type ErrorCode, type MspId } from '@tutela/chaincode/domain';
import { GATEWAY } from '../ledger/actor.js';
import type { SignedReveal } from './release-replies.js';
import type { ServiceDeps } from './service-deps.js';

/** What became of a piece of evidence; `waiting` when the ledger neither has it nor refuses it for good. */
export type Brought = 'on-ledger' | 'refused' | 'waiting';

/** What the ledger says of evidence that convicts no custodian. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
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
  deps: Pick<ServiceDeps, 'ledger' | 'log'>,
  wrong: readonly SignedReveal[],
): Promise<readonly MspId[]> {
  const byCustodian = new Map(wrong.map((share) => [share.mspId, share]));
  for (const one of byCustodian.values()) await bringEvidence(deps, one);
  return [...byCustodian.keys()];
}

/** Submits one piece of evidence; a failure is logged, and never thrown. */
export async function bringEvidence(
  { ledger, log }: Pick<ServiceDeps, 'ledger' | 'log'>,
  { mspId: custodian, evidence, revealed }: SignedReveal,
): Promise<Brought> {
  log.error({ custodian, ...askedUnder(evidence.reply) }, 'a custodian gave a wrong share');
  try {
    await ledger.submit(GATEWAY, 'custody:Accuse', { custodian, evidence, share: toBase64Url(revealed) });
    return 'on-ledger';
  } catch (error) {
    const code = error instanceof DomainError ? error.code : 'INTERNAL';
    if (code === 'ALREADY_EXISTS') return 'on-ledger';
    log.error({ custodian, code }, 'the ledger has not taken the evidence');
    return FINAL.has(code) ? 'refused' : 'waiting';
  }
}

function askedUnder(reply: SignedReveal['evidence']['reply']): Readonly<Record<string, string>> {
  return 'intentId' in reply ? { intentId: reply.intentId } : { requestHash: reply.requestHash };
}
