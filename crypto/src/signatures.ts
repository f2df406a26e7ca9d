// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url } from './base64url.js';
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

function readBytes(text: string): Uint8Array | undefined {
  try {
    return decodeBase64url(text);
  } catch {
    // Another party wrote this text; what it wrote badly is nothing that it signed.
    return undefined;
  }
}
