// SPDX-License-Identifier: Apache-2.0
import {
  queryAudit,
  type Act,
  type AuditEntry,
  type Exposure,
  type ExposurePage,
} from '../../domain/audit.js';
import { DomainError } from '../../domain/errors.js';
import { permitted } from '../../domain/intent.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { declaredPage, declaredRead } from './declared-page.js';

/** What leaves an intent that opens something: its declaration, or the record of one that the ledger could not take. */
const EXPOSING: readonly Act[] = ['intent-declared', 'degraded-posted'];

/** Which segments of a patient were opened, by whom, when, and under what: the keys that were therefore known. */
export const exposure = evaluate(queryAudit, async (reader, asked): Promise<ExposurePage> => {
  const declared = await declaredRead(reader, asked.auditReadId);
  if (declared.scope.kind !== 'handle')
    throw new DomainError('BAD_REQUEST', 'an exposure report is about one handle');
  const { values, bookmark } = await declaredPage(reader, declared, asked);
  const found = await Promise.all(values.map((entry) => exposureOf(reader, entry)));
  const exposures = found.flat();
  return bookmark === undefined ? { exposures } : { exposures, bookmark };
});

async function exposureOf(
  reader: Reader,
  { act, outcome, intentId: id }: AuditEntry,
): Promise<readonly Exposure[]> {
  if (!EXPOSING.includes(act) || outcome === 'refused' || id === undefined) return [];
  const intent = await read(reader, keys.intent(id));
  if (intent === undefined) return [];
  const { intentId, txId, requester, purpose, basis, declaredAt } = intent;
  return [{ intentId, txId, requester, purpose, basis, declaredAt, segments: permitted(intent) }];
}
