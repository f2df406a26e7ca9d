// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { ID_PREFIXES, ownedId, toBase64Url, type OwnedIds } from '@tutela/chaincode/domain';
import { sha256 } from '@tutela/crypto';

/** A fresh id of a kind: its prefix and 128 random bits. */
export function randomId(kind: keyof typeof ID_PREFIXES): string {
  return `${ID_PREFIXES[kind]}${randomNonce()}`;
}

/** A fresh id that only its owner can use: a patient's key, the patient who signs, or a hospital. */
export function ownId<K extends keyof OwnedIds>(kind: K, owner: string): OwnedIds[K] {
  return ownedId(randomId(kind) as OwnedIds[K], owner, sha256);
}

/** 128 random bits as base64url. */
export function randomNonce(): string {
  return toBase64Url(randomBytes(16));
}

/** 256 random bits as base64url. */
export function randomBytes32(): string {
  return toBase64Url(randomBytes(32));
}
