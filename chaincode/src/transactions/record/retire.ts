// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import type { RecordVersion } from '../../domain/record.js';
import type { Practitioner } from '../../domain/registry.js';
import {
  MAX_WAITING_RETIREMENTS,
  newRetirement,
  requireReseal,
  RETIREMENT_DELAY_MS,
  retireVersion,
  type Retirement,
  type RetiredVersion,
  type RetirementOrder,
  type SignedRetirement,
} from '../../domain/retirement.js';
import { requirePractitioner } from '../../state/caller.js';
import { keys, MARK } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { readVersion } from '../../state/records.js';
import { beginDelay } from '../../state/sightings.js';
import { takeStatement } from '../../state/statements.js';
import { first, read, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { readVault } from '../../state/vault.js';
import { leaveNotices } from '../emergency/notices.js';
import { destroyVersion } from './destroy-version.js';
import { requireWritable } from './register.js';
import { endWaitingRetirement, waitingKey } from './waiting-retirement.js';

/**
 * An author orders that a version is destroyed whose content the next version has under new keys. On the patient's own
 * signature that happens at once; else everybody concerned is told, and has a delay in public to keep the version.
 */
export const retire = submit(retireVersion, async (ledger, { patient, ...asked }) => {
  const author = await requirePractitioner(ledger);
  const old = await versionToRetire(ledger, author, asked);
  await requireOrderable(ledger, asked, patient !== undefined);
  const next = await requireReplaced(ledger, old);
  requireWritable(author, await requireResealed(ledger, asked));
  const order = orderOf(ledger, old, author.practitionerId);
  const { handle, recordId } = order;
  const isSigned = patient !== undefined;
  if (isSigned) await requirePatientsWord(ledger, { order, next }, patient);
  const answer = isSigned ? await retireNow(ledger, order, old) : await retireLater(ledger, order);
  const act = isSigned ? 'record-retired' : 'record-retirement-ordered';
  return { answer, audit: { act, role: author.role, handle, recordIds: [recordId] } };
});

async function versionToRetire(
  ledger: Ledger,
  { mspId }: Practitioner,
  { recordId, version }: RetiredVersion,
): Promise<RecordVersion> {
  const old = await readVersion(ledger, recordId, version);
  if (old?.author !== mspId) throw new DomainError('NOT_FOUND', 'no such version of this hospital');
  return old;
}

async function requireReplaced(ledger: Ledger, old: RecordVersion): Promise<RecordVersion> {
  if (old.status === 'erased') throw new DomainError('ERASED', 'the version is erased already');
  const next = await readVersion(ledger, old.recordId, old.version + 1);
  if (next === undefined || next.status === 'erased')
    throw new DomainError('CONFLICT', 'only a version that another took the place of can be retired');
  return next;
}

async function requireOrderable(
  ledger: Ledger,
  { recordId, version }: RetiredVersion,
  isSigned: boolean,
): Promise<void> {
  const before = await read(ledger, keys.retirement(recordId, version));
  if (before?.ended?.as === 'completed')
    throw new DomainError('ALREADY_EXISTS', 'the version is retired already');
  if (before === undefined || isSigned) return;
  if (before.ended === undefined)
    throw new DomainError('ALREADY_EXISTS', 'the retirement is ordered already');
  if (before.ended.objection === true)
    throw new DomainError(
      'FORBIDDEN_TRANSITION',
      'the patient or a guardian objected; the patient must sign this',
    );
}

async function requireResealed(
  ledger: Ledger,
  { recordId, version }: RetiredVersion,
): Promise<readonly Readonly<{ category: string }>[]> {
  const [older, newer] = await Promise.all([
    readVault(ledger, recordId, version),
    readVault(ledger, recordId, version + 1),
  ]);
  if (older === undefined || newer === undefined)
    throw new DomainError('ERASED', 'the version was erased, and its manifest with it');
  requireReseal(older.manifest, newer.manifest);
  return older.manifest.segments;
}

async function requirePatientsWord(
  ledger: Ledger,
  { order: { handle, recordId, version }, next }: Readonly<{ order: RetirementOrder; next: RecordVersion }>,
  signed: SignedRetirement,
): Promise<void> {
  const { statement } = signed;
  await takeStatement(ledger, handle, signed);
  if (statement.recordId !== recordId || statement.version !== version)
    throw new DomainError('BAD_REQUEST', 'the patient has signed this about another version');
  if (statement.manifestHash !== next.manifestHash)
    throw new DomainError('BAD_REQUEST', 'the patient has signed that another version takes the place');
}

async function retireNow(ledger: Ledger, order: RetirementOrder, old: RecordVersion): Promise<Retirement> {
  const { recordId, version, orderedAt: at, txId } = order;
  await endWaitingRetirement(ledger, order);
  const done: RetirementOrder = { ...order, ended: { as: 'completed', at, txId } };
  await write(ledger, keys.retirement(recordId, version), done);
  await destroyVersion(ledger, old);
  await leaveNoticesOf(ledger, order, 'record-retired');
  return newRetirement(done);
}

async function retireLater(ledger: Ledger, order: RetirementOrder): Promise<Retirement> {
  const { recordId, version, by } = order;
  const answer = newRetirement(order);
  const { values: waiting } = await first(
    ledger,
    keys.retirementWaiting(order.handle, by.mspId),
    MAX_WAITING_RETIREMENTS,
  );
  if (waiting.length === MAX_WAITING_RETIREMENTS)
    throw new DomainError(
      'RATE_LIMITED',
      'as many retirements wait for this patient as may; complete one first',
    );
  await write(ledger, waitingKey(order), MARK);
  await write(ledger, keys.retirement(recordId, version), order);
  const about = { kind: 'retirement', mspId: by.mspId, recordId, version } as const;
  await beginDelay(ledger, { answer, delayMs: RETIREMENT_DELAY_MS, about });
  await leaveNoticesOf(ledger, order, 'retirement-ordered');
  return answer;
}

async function leaveNoticesOf(
  ledger: Ledger,
  { handle, recordId, version }: RetirementOrder,
  cause: 'retirement-ordered' | 'record-retired',
): Promise<void> {
  await leaveNotices(ledger, { handle, cause, record: { recordId, version } }, ledger.caller.mspId);
}

function orderOf(
  { caller, now, txId }: Ledger,
  { recordId, version, ownerHandle: handle }: RecordVersion,
  practitionerId: RetirementOrder['by']['practitionerId'],
): RetirementOrder {
  const by = { mspId: caller.mspId, practitionerId };
  return { v: 1, recordId, version, replacedBy: version + 1, handle, by, orderedAt: now, txId };
}
