// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@tutela/crypto/verify';
import { DomainError } from '../domain/errors.js';
import { isOwnedBy, type OwnedId } from '../domain/owned-id.js';

/** Throws BAD_REQUEST unless an id was made for its owner; so no other party can take it first. */
export function requireOwnId(id: OwnedId, owner: string): void {
  if (!isOwnedBy(id, owner, sha256))
    throw new DomainError('BAD_REQUEST', 'the id was not made for the key, patient or hospital that uses it');
}
