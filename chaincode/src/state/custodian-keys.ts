// SPDX-License-Identifier: Apache-2.0
import { isSignedBy } from '@tutela/crypto/signatures';
import type { MspId } from '../domain/ids.js';
import type { CustodianKey } from '../domain/registry.js';
import { inTurn } from './in-turn.js';
import { keys } from './keys.js';
import type { Reader } from './ledger.js';
import { read } from './store.js';

/** Every key with which a custodian has ever signed, oldest first; empty for a hospital without a custodian. */
export async function custodianKeys(reader: Reader, of: MspId): Promise<readonly CustodianKey[]> {
  const known = await read(reader, keys.custodianKeys(of));
  return known?.keys ?? [];
}

/**
 * Whether any key that a custodian ever registered signed the bytes (ECDSA P-256 with SHA-256, r‖s in base64url):
 * a new key withdraws nothing that an earlier one signed. The newest is tried first, and each in a turn of its own.
 */
export async function isSignedByCustodian(
  reader: Reader,
  of: MspId,
  { bytes, signature }: Readonly<{ bytes: Uint8Array; signature: string }>,
): Promise<boolean> {
  for (const { publicKey } of (await custodianKeys(reader, of)).toReversed())
    if (await inTurn(reader, () => isSignedBy(publicKey, bytes, signature))) return true;
  return false;
}
