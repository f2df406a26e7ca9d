// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { statementBytes } from '../domain/consent.js';
import type { Handle, MspId } from '../domain/ids.js';

/** A patient with the key of one handle; the private key never leaves the test. */
export type TestPatient = Readonly<{
  handle: Handle;
  mspId: MspId;
  publicKey: string;
  privateKey: KeyObject;
}>;

/** A fresh P-256 key. */
export function newKey(): Pick<TestPatient, 'publicKey' | 'privateKey'> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { publicKey: uncompressed(privateKey), privateKey };
}

/** A P-256 public key as the ledger writes it: uncompressed point, base64url. */
export function uncompressed(key: KeyObject): string {
  const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  return point.toString('base64url');
}

/** The patient's signature over a statement, r‖s in base64url. */
export function signStatement({ privateKey }: Pick<TestPatient, 'privateKey'>, statement: object): string {
  return signBytes(privateKey, statementBytes(statement));
}

/** An ECDSA P-256 signature with SHA-256 over bytes, r‖s in base64url. */
export function signBytes(privateKey: KeyObject, bytes: Uint8Array): string {
  return sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
}

/** A statement with its signature, as transactions take it. */
export function signed<S extends object>(
  patient: Pick<TestPatient, 'privateKey'>,
  statement: S,
): Readonly<{ statement: S; signature: string }> {
  return { statement, signature: signStatement(patient, statement) };
}
