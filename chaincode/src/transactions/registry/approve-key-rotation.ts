// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { COOLING_OFF_MS, type KeyRotation } from '../../domain/key-rotation.js';
import { byHandle } from '../../domain/registry.js';
import { later } from '../../domain/time.js';
import { requireRegistrar } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { leaveNotices } from '../emergency/notices.js';
import { rotationUnderWay } from './key-rotation.js';

/** Another hospital's registrar has seen the patient too; from now on everybody concerned has two days to object. */
export const approveKeyRotation = submit(byHandle, async (ledger, { handle }) => {
  await requireRegistrar(ledger);
  const { caller, now: at, txId } = ledger;
  const before = await rotationUnderWay(ledger, handle);
  if (caller.mspId === before.mspId)
    throw new DomainError('CALLER_NOT_ENTITLED', 'another hospital than the patient’s must approve this');
  if (before.approval !== undefined)
    throw new DomainError('ALREADY_EXISTS', 'a second hospital has approved this already');
  const approval = { mspId: caller.mspId, id: caller.id, at, txId, dueAt: later(at, COOLING_OFF_MS) };
  const after: KeyRotation = { ...before, approval };
  await write(ledger, keys.keyRotation(handle), after);
  await leaveNotices(ledger, { handle, cause: 'key-rotation-approved' }, caller.mspId);
  return { answer: after, audit: { act: 'key-rotation-approved', handle } };
});
