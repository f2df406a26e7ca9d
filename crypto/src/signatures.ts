// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url, encodeBase64url } from './base64url.js';
import { isEcdsaP256 } from './node.js';

/**
 * As `verifyP256` of the sub-path `verify`, by the runtime's own code and ten times faster: for servers, where many
 * statements of patients are verified. That the two never differ is a test.
 */
export { isEcdsaP256 as verifyP256 } from './node.js';
export { assertionFault } from './webauthn.js';

/**
 * Whether a P-256 key signed a message, key and signature in base64url as messages carry them. Whatever is malformed,
 * stray bits of the last character included, is not a signature: false, never an exception.
 */
export function isSignedBy(publicKey: string, message: Uint8Array, signature: string): boolean {
  const [key, bytes] = [readBytes(publicKey), readBytes(signature)];
  return key !== undefined && bytes !== undefined && isEcdsaP256(key, message, bytes);
}

/** How a certificate (RFC 5480) introduces an uncompressed P-256 key. */
const P256_KEY_INFO = [
  0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
  0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const P256_POINT_BYTES = 65;

/**
 * The first P-256 key that a certificate (DER, base64url) names, as registers carry keys; undefined where there is none.
 * Who compares it with a registered key must all read it so: a certificate's other fields can hold a second one.
 */
export function certifiedKey(certificate: string): string | undefined {
  const der = readBytes(certificate) ?? new Uint8Array();
  const at = der.findIndex((_, from) => P256_KEY_INFO.every((byte, offset) => der[from + offset] === byte));
  if (at < 0) return undefined;
  const from = at + P256_KEY_INFO.length;
  return encodeBase64url(der.subarray(from, from + P256_POINT_BYTES));
}

function readBytes(text: string): Uint8Array | undefined {
  try {
    return decodeBase64url(text);
  } catch {
    // Another party wrote this text; what it wrote badly is nothing that it signed.
    return undefined;
  }
}
