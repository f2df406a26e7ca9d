// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { COOLING_OFF_MS, namedKeyRotation, type KeyRotation } from '../../domain/key-rotation.js';
import { requireRegistrar } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { beginDelay } from '../../state/sightings.js';
import { write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { leaveNotices } from '../emergency/notices.js';
import { rotationUnderWay } from './key-rotation.js';

/**
 * Another hospital's registrar has seen the patient, and the very key that is to follow. Everybody concerned has two
 * days to object, which begin when enough hospitals have seen this approval in a block.
 */
export const approveKeyRotation = submit(namedKeyRotation, async (ledger, named) => {
  await requireRegistrar(ledger);
  const { caller, now: at, txId } = ledger;
  const before = await rotationUnderWay(ledger, named);
  if (caller.mspId === before.mspId)
    throw new DomainError('CALLER_NOT_ENTITLED', 'another hospital than the patient’s must approve this');
  if (before.approval !== undefined)
    throw new DomainError('ALREADY_EXISTS', 'a second hospital has approved this already');
  const { handle, mspId } = before;
  const approval = { mspId: caller.mspId, id: caller.id, at, txId };
  const after: KeyRotation = { ...before, approval };
  await write(ledger, keys.keyRotation(handle), after);
  const about = { kind: 'key-rotation', mspId, handle } as const;
  await beginDelay(ledger, { answer: after, delayMs: COOLING_OFF_MS, about });
  await leaveNotices(ledger, { handle, cause: 'key-rotation-approved' }, caller.mspId);
  return { answer: after, audit: { act: 'key-rotation-approved', handle } };
});
