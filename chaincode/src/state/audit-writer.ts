// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry } from '../domain/audit.js';
import { EVENT_NAME } from '../domain/events.js';
import { keys, MARK } from './keys.js';
import type { Ledger } from './ledger.js';
import { encodeStored, write } from './store.js';

/** What a transaction adds to its audit entry; id, time and actor come from the proposal. */
export type AuditFacts = Pick<AuditEntry, 'act'> &
  Partial<Omit<AuditEntry, 'v' | 'txId' | 'at' | 'actor'>> &
  Readonly<{ role?: string }>;

/** Writes the one audit entry of a transaction with its index keys, and sets the one event. */
export async function writeAudit(ledger: Ledger, facts: AuditFacts): Promise<void> {
  const entry = entryOf(ledger, facts);
  ledger.stub.setEvent(EVENT_NAME, encodeStored(entry));
  // A heartbeat is its own record; an idle consortium would otherwise grow by nothing but entries about heartbeats.
  if (entry.act === 'heartbeat') return;
  await Promise.all([
    write(ledger, keys.audit(entry.txId), entry),
    ledger.stub.putState(hospitalIndexKey(entry), encodeStored(MARK)),
    ...(entry.handle === undefined
      ? []
      : [ledger.stub.putState(`${handleIndex(entry.handle)}${entry.at}~${entry.txId}`, encodeStored(MARK))]),
  ]);
}

/** Beginning of the time-ordered index of one handle. */
export function handleIndex(of: string): string {
  return `audit-handle~${of}~`;
}

/** Beginning of the time-ordered index of one hospital; its keys go on with time, actor and transaction id. */
export function hospitalIndex(of: string): string {
  return `audit-hospital~${of}~`;
}

function hospitalIndexKey({ actor, at, txId }: AuditEntry): string {
  return `${hospitalIndex(actor.mspId)}${at}~${actor.id}~${txId}`;
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
