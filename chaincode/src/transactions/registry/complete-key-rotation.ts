// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { namedKeyRotation, type KeyRotation } from '../../domain/key-rotation.js';
import type { Patient } from '../../domain/registry.js';
import { requireRegistrar } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { endDelay, requireDelayOver } from '../../state/sightings.js';
import { readExisting, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { leaveNotices } from '../emergency/notices.js';
import { rotationUnderWay } from './key-rotation.js';

/**
 * After two days in public without an objection the home hospital's registrar puts the new key in the place of the lost one.
 * What the old key permitted counts no more until the patient has signed it anew; what it denied stays denied.
 */
export const completeKeyRotation = submit(namedKeyRotation, async (ledger, named) => {
  await requireRegistrar(ledger);
  const before = await rotationUnderWay(ledger, named);
  const { now, txId, caller } = ledger;
  if (caller.mspId !== before.mspId)
    throw new DomainError('CALLER_NOT_ENTITLED', 'this is for the patient’s own hospital');
  const { handle } = before;
  await endCoolingOff(ledger, before);
  const patient = await readExisting(ledger, keys.patient(handle));
  const { publicKey, keyVersion } = before;
  const renewed: Patient = { ...patient, publicKey, keyVersion };
  const after: KeyRotation = { ...before, ended: { as: 'completed', at: now, txId } };
  await write(ledger, keys.patient(handle), renewed);
  await write(ledger, keys.keyRotation(handle), after);
  await leaveNotices(ledger, { handle, cause: 'key-rotated' }, caller.mspId);
  return { answer: after, audit: { act: 'key-rotated', handle } };
});

/** The time of a transaction is what its client says: the two days count from what t hospitals have seen in a block. */
async function endCoolingOff(ledger: Ledger, rotation: KeyRotation): Promise<void> {
  const { approval } = rotation;
  if (approval === undefined)
    throw new DomainError('FORBIDDEN_TRANSITION', 'a second hospital has not approved this yet');
  await requireDelayOver(ledger, approval.txId, rotation);
  await endDelay(ledger, approval.txId);
}
