// SPDX-License-Identifier: Apache-2.0
import { ownedId } from '@tutela/chaincode/domain';
import { sha256 } from '@tutela/crypto';
import type { Audit } from './audit.js';
import { derivedId } from './new-id.js';
import type { ServiceDeps } from './service-deps.js';

/** Readings of the audit: declared by a transaction, then read page by page. */
export function createAudit({ ledger }: Pick<ServiceDeps, 'ledger'>): Audit {
  return {
    declare: async (actor, request, attempt) => {
      const { auditReadId = ownedId(derivedId('auditRead', attempt.seed), ledger.mspId, sha256) } = request;
      const declared = { ...request, auditReadId };
      const { txId } = await ledger.submitOnce(actor, 'audit:DeclareRead', () => declared, attempt);
      return { auditReadId, txId };
    },
    page: (actor, of) => ledger.evaluate(actor, 'audit:Query', of),
    exposure: (actor, of) => ledger.evaluate(actor, 'audit:Exposure', of),
  };
}
