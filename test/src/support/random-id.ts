// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { ID_PREFIXES, toBase64Url } from '@tutela/chaincode/domain';

/** A fresh id of a kind: its prefix and 128 random bits. */
export function randomId(kind: keyof typeof ID_PREFIXES): string {
  return `${ID_PREFIXES[kind]}${randomNonce()}`;
}

/** 128 random bits as base64url. */
export function randomNonce(): string {
  return toBase64Url(randomBytes(16));
}

/** 256 random bits as base64url. */
export function randomBytes32(): string {
  return toBase64Url(randomBytes(32));
}
