// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url, isP256PublicKey } from '@tutela/crypto/verify';
import { DomainError } from '../../domain/errors.js';
import {
  requestKeyRotation as request,
  rotationStatement,
  type KeyRotation,
} from '../../domain/key-rotation.js';
import { requireRegistrar } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { isStatementSignedBy } from '../../state/statements.js';
import { read, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { leaveNotices } from '../emergency/notices.js';

/** A patient who has lost the key proves who they are in person; the home hospital's registrar says which key is to follow. */
export const requestKeyRotation = submit(request, async (ledger, asked) => {
  await requireRegistrar(ledger);
  const { handle, publicKey, proof } = asked;
  const { caller, channel, now, txId } = ledger;
  const [patient, before] = await Promise.all([
    read(ledger, keys.patient(handle)),
    read(ledger, keys.keyRotation(handle)),
  ]);
  if (patient?.mspId !== caller.mspId || patient.status !== 'active')
    throw new DomainError('NOT_FOUND', 'this hospital has no such patient');
  if (before !== undefined && before.ended === undefined)
    throw new DomainError('ALREADY_EXISTS', 'a rotation is under way; complete or cancel it first');
  const isProven =
    isP256PublicKey(decodeBase64url(publicKey)) &&
    publicKey !== patient.publicKey &&
    isStatementSignedBy(publicKey, rotationStatement(channel, patient, asked), proof);
  if (!isProven) throw new DomainError('SIGNATURE_INVALID', 'the new key has not signed that it is there');
  const rotation: KeyRotation = {
    ...{ v: 1, handle, mspId: patient.mspId, publicKey, keyVersion: patient.keyVersion + 1 },
    ...{ requestedAt: now, requestedBy: caller.id, txId },
  };
  await write(ledger, keys.keyRotation(handle), rotation);
  await leaveNotices(ledger, { handle, cause: 'key-rotation-requested' }, caller.mspId);
  return { answer: rotation, audit: { act: 'key-rotation-requested', handle } };
});
