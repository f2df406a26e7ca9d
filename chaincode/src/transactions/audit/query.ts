// SPDX-License-Identifier: Apache-2.0
import { queryAudit, type AuditPage } from '../../domain/audit.js';
import { evaluate } from '../../state/transaction.js';
import { declaredPage, declaredRead } from './declared-page.js';

/** A page of the audit under a committed declaration of the same caller. */
export const query = evaluate(queryAudit, async (reader, asked): Promise<AuditPage> => {
  const declared = await declaredRead(reader, asked.auditReadId);
  const { values: entries, bookmark } = await declaredPage(reader, declared, asked);
  return bookmark === undefined ? { entries } : { entries, bookmark };
});
