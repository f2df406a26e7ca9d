// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { statementBytes, toBase64Url } from '@tutela/chaincode/domain';

/** A statement with a signature, ready for the wire. */
export type Signed<S> = Readonly<{ statement: S; signature: string }>;

/** A P-256 key on somebody's device, for statements in canonical JSON. */
export class SigningKey {
  readonly publicKey: string;
  readonly #privateKey: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    // The last 65 bytes of a P-256 SubjectPublicKeyInfo are the uncompressed point (RFC 5480 §2.2).
    this.publicKey = toBase64Url(publicKey.export({ type: 'spki', format: 'der' }).subarray(-65));
    this.#privateKey = privateKey;
  }

  sign(statement: object): string {
    const bytes = statementBytes(statement);
    return toBase64Url(sign('sha256', bytes, { key: this.#privateKey, dsaEncoding: 'ieee-p1363' }));
  }

  signed<S extends object>(statement: S): Signed<S> {
    return { statement, signature: this.sign(statement) };
  }
}
