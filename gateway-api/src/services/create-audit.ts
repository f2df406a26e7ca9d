// SPDX-License-Identifier: Apache-2.0
import type { Audit } from './audit.js';
import type { ServiceDeps } from './service-deps.js';

/** Readings of the audit: declared by a transaction, then read page by page. */
export function createAudit({ ledger }: Pick<ServiceDeps, 'ledger'>): Audit {
  return {
    declare: async (actor, request) => {
      const { txId } = await ledger.submit(actor, 'audit:DeclareRead', request);
      return { auditReadId: request.auditReadId, txId };
    },
    page: (actor, of) => ledger.evaluate(actor, 'audit:Query', of),
    exposure: (actor, of) => ledger.evaluate(actor, 'audit:Exposure', of),
  };
}
