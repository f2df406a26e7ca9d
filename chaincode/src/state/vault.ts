// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from '../domain/codec.js';
import { decodeJson } from '../domain/decode.js';
import { DomainError } from '../domain/errors.js';
import type { RecordId } from '../domain/ids.js';
import { MAX_TRANSIENT_BYTES, VAULT } from '../domain/names.js';
import { recordVault, type RecordVault } from '../domain/record.js';
import { padded } from './keys.js';
import type { Ledger, Reader } from './ledger.js';
import { decodeStored } from './store.js';

/** Manifest and capsules that came as transient data; throws BAD_REQUEST or TOO_LARGE. */
export function receivedVault({ stub }: Reader): RecordVault {
  const bytes = stub.getTransient().get(VAULT);
  if (bytes === undefined)
    throw new DomainError('BAD_REQUEST', 'manifest and capsules travel as transient data');
  if (bytes.length > MAX_TRANSIENT_BYTES)
    throw new DomainError('TOO_LARGE', 'the transient data are too large');
  return decodeJson(recordVault, utf8Text(bytes), MAX_TRANSIENT_BYTES);
}

/** Manifest and capsules of a version, or undefined where they were purged or have not arrived. */
export async function readVault(
  { stub }: Reader,
  id: RecordId,
  version: number,
): Promise<RecordVault | undefined> {
  // Written under this key by `writeVault` alone.
  return decodeStored(await stub.getPrivateData(VAULT, vaultKey(stub, id, version))) as
    RecordVault | undefined;
}

/** Keeps manifest and capsules of a version at every member hospital, outside of public state. */
export async function writeVault({ stub }: Ledger, value: RecordVault): Promise<void> {
  const { recordId, version } = value.manifest;
  const bytes = new TextEncoder().encode(canonicalJson(value));
  await stub.putPrivateData(VAULT, vaultKey(stub, recordId, version), bytes);
}

/** Destroys manifest and capsules of a version at every member hospital, history included. */
export async function purgeVault({ stub }: Ledger, id: RecordId, version: number): Promise<void> {
  await stub.purgePrivateData(VAULT, vaultKey(stub, id, version));
}

function vaultKey(stub: Reader['stub'], id: RecordId, version: number): string {
  return stub.createCompositeKey('vault', [id, padded(version)]);
}

function utf8Text(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DomainError('BAD_REQUEST', 'the transient data are not UTF-8', { cause });
  }
}
