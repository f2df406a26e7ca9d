// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** SHA-256 by native code, for contents of any size. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
