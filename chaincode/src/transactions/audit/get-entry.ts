// SPDX-License-Identifier: Apache-2.0
import { byTransaction, type AuditEntry } from '../../domain/audit.js';
import { DomainError } from '../../domain/errors.js';
import { isProcess, requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { list } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** The entry of a transaction of one's own, or of one's hospital for its processes: a receipt. */
export const getEntry = evaluate(byTransaction, async (reader, { txId, handle }) => {
  await requireAnyone(reader);
  const entries = await list(reader, keys.audit(txId));
  const entry = entries.find((one) => handle === undefined || one.handle === handle);
  if (entry === undefined || !isOwn(reader, entry)) throw new DomainError('NOT_FOUND', 'no such entry');
  return entry;
});

function isOwn(reader: Reader, { actor }: AuditEntry): boolean {
  const { mspId, id } = reader.caller;
  return actor.mspId === mspId && (actor.id === id || isProcess(reader));
}
