// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import {
  cancelKeyRotation as request,
  type KeyRotation,
  type SignedVeto,
} from '../../domain/key-rotation.js';
import { requireAnyone, requireRegistrar } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { endDelay } from '../../state/sightings.js';
import { takeStatement } from '../../state/statements.js';
import { write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { leaveNotices } from '../emergency/notices.js';
import { rotationUnderWay } from './key-rotation.js';

/** Whoever still has the key, or a guardian, stops a rotation by signature through any hospital; so does the registrar at home. */
export const cancelKeyRotation = submit(request, async (ledger, { veto, ...named }) => {
  const before = await rotationUnderWay(ledger, named);
  if (veto === undefined) await requireHomeRegistrar(ledger, before);
  else await requireVeto(ledger, before, veto);
  const { handle, approval } = before;
  const { now: at, txId, caller } = ledger;
  const guardianId = veto?.statement.guardianId;
  const by = guardianId === undefined ? {} : { guardianId };
  const after: KeyRotation = { ...before, ended: { as: 'cancelled', at, txId, ...by } };
  await write(ledger, keys.keyRotation(handle), after);
  if (approval !== undefined) await endDelay(ledger, approval.txId);
  await leaveNotices(ledger, { handle, cause: 'key-rotation-cancelled' }, caller.mspId);
  return { answer: after, audit: { act: 'key-rotation-cancelled', handle, ...by } };
});

async function requireHomeRegistrar(ledger: Ledger, { mspId }: KeyRotation): Promise<void> {
  await requireRegistrar(ledger);
  if (ledger.caller.mspId !== mspId)
    throw new DomainError(
      'CALLER_NOT_ENTITLED',
      'the patient’s own hospital cancels, or the patient by signature',
    );
}

async function requireVeto(ledger: Ledger, rotation: KeyRotation, veto: SignedVeto): Promise<void> {
  await requireAnyone(ledger);
  await takeStatement(ledger, rotation.handle, veto);
  if (veto.statement.publicKey !== rotation.publicKey)
    throw new DomainError('BAD_REQUEST', 'the veto is against another key than the one that is to follow');
}
