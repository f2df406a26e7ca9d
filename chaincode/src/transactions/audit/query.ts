// SPDX-License-Identifier: Apache-2.0
import { queryAudit, settledUntil, type AuditPage } from '../../domain/audit.js';
import { readPeriod } from '../../state/period.js';
import { evaluate } from '../../state/transaction.js';
import { declaredPage, declaredRead } from './declared-page.js';

/** A page of the audit under a committed declaration of the same caller. */
export const query = evaluate(queryAudit, async (reader, asked): Promise<AuditPage> => {
  const declared = await declaredRead(reader, asked.auditReadId);
  // The period first: a page that is read later may only show more.
  const period = await readPeriod(reader);
  const { values: entries, bookmark } = await declaredPage(reader, declared, asked);
  return {
    entries,
    ...(bookmark !== undefined && { bookmark }),
    ...(period !== undefined && { settledUntil: settledUntil(period) }),
  };
});
