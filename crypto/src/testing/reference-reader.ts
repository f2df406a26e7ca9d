// SPDX-License-Identifier: Apache-2.0

/** Parameters of Tink's AES-GCM-HKDF streaming format. */
export interface ReferenceFormat {
  readonly hash: 'SHA-1' | 'SHA-256';
  readonly derivedKeySize: number;
  readonly segmentSize: number;
}

/**
 * A second, small reader of Tink's streaming format on WebCrypto, written for tests from the format's
 * description and sharing no code with the product's reader. Rejects when anything is wrong.
 */
export async function readReferenceStream(
  format: ReferenceFormat,
  key: Uint8Array<ArrayBuffer>,
  aad: Uint8Array<ArrayBuffer>,
  ciphertext: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const headerSize = 1 + format.derivedKeySize + 7;
  if (ciphertext[0] !== headerSize) throw new Error('header size');
  const salt = ciphertext.slice(1, 1 + format.derivedKeySize);
  const base = await crypto.subtle.importKey('raw', key, 'HKDF', false, ['deriveKey']);
  const algorithm = { name: 'HKDF', hash: format.hash, salt, info: aad };
  const aes = { name: 'AES-GCM', length: format.derivedKeySize * 8 };
  const segmentKey = await crypto.subtle.deriveKey(algorithm, base, aes, false, ['decrypt']);
  const pieces: Uint8Array[] = [];
  for (let segment = 0, start = headerSize; segment === 0 || start < ciphertext.length; segment += 1) {
    const end = Math.min((segment + 1) * format.segmentSize, ciphertext.length);
    const iv = new Uint8Array(12);
    iv.set(ciphertext.slice(1 + format.derivedKeySize, headerSize));
    new DataView(iv.buffer).setUint32(7, segment);
    iv[11] = end === ciphertext.length ? 1 : 0;
    const opened = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv },
      segmentKey,
      ciphertext.slice(start, end),
    );
    pieces.push(new Uint8Array(opened));
    start = end;
  }
  return Buffer.concat(pieces);
}
