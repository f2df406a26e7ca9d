// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import type { KeyRotation, NamedKeyRotation } from '../../domain/key-rotation.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { readExisting } from '../../state/store.js';

/**
 * The rotation that is named, neither completed nor cancelled; throws NOT_FOUND or FORBIDDEN_TRANSITION, and CONFLICT
 * where another rotation took its place: a step is about the key that its actor saw, and never about another.
 */
export async function rotationUnderWay(
  reader: Reader,
  { handle, publicKey, requestTxId }: NamedKeyRotation,
): Promise<KeyRotation> {
  const rotation = await readExisting(reader, keys.keyRotation(handle));
  if (rotation.publicKey !== publicKey || rotation.txId !== requestTxId)
    throw new DomainError(
      'CONFLICT',
      'another rotation is under way than the one that is named; look at it again',
    );
  if (rotation.ended !== undefined)
    throw new DomainError('FORBIDDEN_TRANSITION', `this rotation was ${rotation.ended.as} already`);
  return rotation;
}
