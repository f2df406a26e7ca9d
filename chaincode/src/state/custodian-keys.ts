// SPDX-License-Identifier: Apache-2.0
import { isSignedBy } from '@tutela/crypto/signatures';
import type { MspId } from '../domain/ids.js';
import type { CustodianKey } from '../domain/registry.js';
import { keys } from './keys.js';
import type { Reader } from './ledger.js';
import { read } from './store.js';

/** Every key with which a custodian has ever signed, oldest first; empty for a hospital without a custodian. */
export async function custodianKeys(reader: Reader, of: MspId): Promise<readonly CustodianKey[]> {
  const known = await read(reader, keys.custodianKeys(of));
  return known?.keys ?? [];
}

/** Whether one of a custodian's keys signed the bytes (ECDSA P-256 with SHA-256, r‖s in base64url). */
export function isSignedByCustodian(
  among: readonly Pick<CustodianKey, 'publicKey'>[],
  bytes: Uint8Array,
  signature: string,
): boolean {
  return among.some(({ publicKey }) => isSignedBy(publicKey, bytes, signature));
}
