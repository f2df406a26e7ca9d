// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import type { Handle } from '../../domain/ids.js';
import type { KeyRotation } from '../../domain/key-rotation.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { readExisting } from '../../state/store.js';

/** A handle's rotation that is neither completed nor cancelled; throws NOT_FOUND or FORBIDDEN_TRANSITION. */
export async function rotationUnderWay(reader: Reader, of: Handle): Promise<KeyRotation> {
  const rotation = await readExisting(reader, keys.keyRotation(of));
  if (rotation.ended !== undefined)
    throw new DomainError('FORBIDDEN_TRANSITION', `this rotation was ${rotation.ended.as} already`);
  return rotation;
}
