// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry } from '../domain/audit.js';
import { EVENT_NAME } from '../domain/events.js';
import type { TxId } from '../domain/ids.js';
import { keys, MARK, type Key } from './keys.js';
import type { Ledger } from './ledger.js';
import { encodeStored, write } from './store.js';

/** What a transaction adds to its audit entry; id, time and actor come from the proposal. */
export type AuditFacts = Pick<AuditEntry, 'act'> &
  Partial<Omit<AuditEntry, 'v' | 'txId' | 'at' | 'actor'>> &
  Readonly<{ role?: string }>;

/** Writes the audit entries of a transaction with their index keys, and sets the one event. */
export async function writeAudit(ledger: Ledger, facts: readonly AuditFacts[]): Promise<void> {
  const entries = facts.map((each) => entryOf(ledger, each));
  ledger.stub.setEvent(EVENT_NAME, encodeStored(entries.length === 1 ? entries[0] : entries));
  await Promise.all(entries.map((entry, position) => writeEntry(ledger, entry, position)));
}

async function writeEntry(ledger: Ledger, entry: AuditEntry, position: number): Promise<void> {
  // A heartbeat is its own record; an idle consortium would otherwise grow by nothing but entries about heartbeats.
  if (entry.act === 'heartbeat') return;
  const { actor, at, handle } = entry;
  const name = entryName(entry.txId, position);
  await Promise.all([
    write(ledger, auditKey(name), entry),
    ledger.stub.putState(`${hospitalIndex(actor.mspId)}${at}~${actor.id}~${name}`, encodeStored(MARK)),
    ...(handle === undefined
      ? []
      : [ledger.stub.putState(`${handleIndex(handle)}${at}~${name}`, encodeStored(MARK))]),
  ]);
}

/** Name of an entry: its transaction and, after the first, its position there. */
function entryName(txId: TxId, position: number): string {
  return position === 0 ? txId : `${txId}.${String(position)}`;
}

/** Key of the entry with this name, which is the last part of an index key. */
export function auditKey(name: string): Key<AuditEntry> {
  const [txId, position] = name.split('.');
  // An entry's name begins with the id of the transaction that wrote it.
  return keys.audit(txId as TxId, position === undefined ? undefined : Number(position));
}

/** Beginning of the time-ordered index of one handle. */
export function handleIndex(of: string): string {
  return `audit-handle~${of}~`;
}

/** Beginning of the time-ordered index of one hospital; its keys go on with time, actor and the entry's name. */
export function hospitalIndex(of: string): string {
  return `audit-hospital~${of}~`;
}

function entryOf({ txId, now, caller }: Ledger, { role, outcome, ...facts }: AuditFacts): AuditEntry {
  return {
    v: 1,
    txId,
    at: now,
    actor: { mspId: caller.mspId, id: caller.id, role: role ?? caller.role },
    outcome: outcome ?? 'permitted',
    ...facts,
  };
}
