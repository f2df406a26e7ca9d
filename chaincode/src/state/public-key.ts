// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url, isP256PublicKey } from '@tutela/crypto/verify';
import { DomainError } from '../domain/errors.js';

/** Whether a text of the ledger's form is a P-256 public key: a point of the curve, not only its length. */
export function isPublicKey(publicKey: string): boolean {
  try {
    return isP256PublicKey(decodeBase64url(publicKey));
  } catch {
    // Another party wrote this text.
    return false;
  }
}

/** Throws BAD_REQUEST for a key under which nothing could ever be verified, before it is registered. */
export function requirePublicKey(publicKey: string | undefined): void {
  if (publicKey !== undefined && !isPublicKey(publicKey))
    throw new DomainError('BAD_REQUEST', 'the key is no point of P-256');
}
