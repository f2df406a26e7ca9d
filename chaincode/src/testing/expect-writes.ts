// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry } from '../domain/audit.js';
import type { Identity } from './identity.js';
import { commit, endorse, type ProposalOptions } from './runner.js';
import type { TestWorld } from './world.js';
import { writesOf } from './writes.js';

/** What a transaction wrote beside its audit entry and the index keys of that entry. */
export type Written = Readonly<{
  answer: unknown;
  txId: string;
  writes: Readonly<Record<string, unknown>>;
  audit: Omit<AuditEntry, 'v' | 'txId' | 'at'>;
}>;

/**
 * Runs and commits a transaction, takes its audit entry and index keys away from its writes, and returns the rest:
 * with both compared, a test has seen every single write. Throws if entry, index keys or event are not as they must be.
 */
export async function written(
  world: TestWorld,
  caller: Identity,
  name: string,
  request: unknown,
  options: ProposalOptions = {},
): Promise<Written> {
  const { stub, txId, answer } = await endorse(world.ledger, caller, name, request, options);
  const { [`audit/${txId}`]: entry, ...others } = writesOf(stub);
  const { v, txId: of, at, ...audit } = entry as AuditEntry;
  if (of !== txId || at !== world.ledger.now) throw new Error('the audit entry is not of this transaction');
  const event = JSON.parse(new TextDecoder().decode(stub.event?.payload)) as AuditEntry;
  if (JSON.stringify(event) !== JSON.stringify(entry)) throw new Error('the event is not the audit entry');
  const writes = withoutIndexes(others, indexKeys({ ...audit, v, txId: of, at }));
  commit(world.ledger, stub);
  return { answer, txId, writes, audit };
}

function indexKeys({ actor, at, txId, handle }: AuditEntry): readonly string[] {
  const hospital = `audit-hospital~${actor.mspId}~${at}~${actor.id}~${txId}`;
  return handle === undefined ? [hospital] : [hospital, `audit-handle~${handle}~${at}~${txId}`];
}

function withoutIndexes(
  writes: Readonly<Record<string, unknown>>,
  indexes: readonly string[],
): Readonly<Record<string, unknown>> {
  if (!indexes.every((index) => index in writes)) throw new Error('the audit entry is not in its indexes');
  return Object.fromEntries(Object.entries(writes).filter(([key]) => !indexes.includes(key)));
}
