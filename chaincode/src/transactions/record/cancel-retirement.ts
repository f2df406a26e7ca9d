// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import {
  cancelRetirement as request,
  type RetirementOrder,
  type SignedObjection,
} from '../../domain/retirement.js';
import { requireAnyone, requirePractitioner } from '../../state/caller.js';
import type { Ledger } from '../../state/ledger.js';
import { takeStatement } from '../../state/statements.js';
import { submit } from '../../state/transaction.js';
import { readVault } from '../../state/vault.js';
import { leaveNotices } from '../emergency/notices.js';
import { retirementOf } from './certificate.js';
import { requireWritable } from './register.js';
import { endRetirement, waitingRetirement } from './waiting-retirement.js';

/** The patient or a guardian keeps a version by signature, through any hospital; so do those of its author's hospital who may. */
export const cancelRetirement = submit(request, async (ledger, { objection, ...named }) => {
  const before = await waitingRetirement(ledger, named);
  if (objection === undefined) await requireOfAuthorsHospital(ledger, before);
  else await requireObjection(ledger, before, objection);
  const guardianId = objection?.statement.guardianId;
  const by = guardianId === undefined ? {} : { guardianId };
  const ended = { as: 'cancelled', ...(objection && { objection: true as const }), ...by } as const;
  const after = await endRetirement(ledger, before, ended);
  const { handle, recordId, version } = after;
  const about = { handle, cause: 'retirement-cancelled', record: { recordId, version } } as const;
  await leaveNotices(ledger, about, ledger.caller.mspId);
  const answer = await retirementOf(ledger, after);
  return { answer, audit: { act: 'record-retirement-cancelled', handle, recordIds: [recordId], ...by } };
});

/** The privacy officer there, or a person who could have written the version. */
async function requireOfAuthorsHospital(ledger: Ledger, order: RetirementOrder): Promise<void> {
  const person = await requirePractitioner(ledger);
  if (person.mspId !== order.by.mspId)
    throw new DomainError(
      'CALLER_NOT_ENTITLED',
      'the author’s hospital cancels, or the patient by signature',
    );
  if (person.role === 'privacy-officer') return;
  const vault = await readVault(ledger, order.recordId, order.version);
  if (vault === undefined)
    throw new DomainError('ERASED', 'the version was erased, and its manifest with it');
  requireWritable(person, vault.manifest.segments);
}

async function requireObjection(
  ledger: Ledger,
  { handle, recordId, version, txId }: RetirementOrder,
  signed: SignedObjection,
): Promise<void> {
  await requireAnyone(ledger);
  const { statement } = signed;
  await takeStatement(ledger, handle, signed);
  if (statement.recordId !== recordId || statement.version !== version || statement.orderTxId !== txId)
    throw new DomainError('BAD_REQUEST', 'the objection is to another order');
}
