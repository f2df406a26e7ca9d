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

/** Most bytes of manifests and capsules that one transaction reads: an author chooses their sizes, all peers hold them. */
export const MAX_VAULT_BYTES = 16 * 1024 * 1024;

const VAULTS_AT_ONCE = 8;
const NOTHING = new Uint8Array();
/** How a peer of Fabric 2.5 answers for private data of which it has the hash alone. */
const NOT_AVAILABLE =
  /^GET_STATE failed: transaction ID: [0-9a-f]+: private data matching public hash version is not available\. Public hash version = .+, Private data version = .+$/;

/** Manifest and capsules of a version, or undefined where they were purged. Throws CONFLICT where they have not arrived. */
export async function readVault(
  reader: Reader,
  id: RecordId,
  version: number,
): Promise<RecordVault | undefined> {
  return decodeVault((await vaultBytes(reader, id, version)) ?? notHere());
}

/** Manifest and capsules of a version, or undefined where they were purged or have not arrived. */
export async function findVault(
  reader: Reader,
  id: RecordId,
  version: number,
): Promise<RecordVault | undefined> {
  return decodeVault((await vaultBytes(reader, id, version)) ?? NOTHING);
}

/**
 * As {@link findVault}, of several versions, one after the other. Throws TOO_LARGE once they are more than
 * {@link MAX_VAULT_BYTES} together, before the rest is read.
 */
export async function readVaults(
  reader: Reader,
  versions: readonly Readonly<{ recordId: RecordId; version: number }>[],
): Promise<readonly (RecordVault | undefined)[]> {
  const found: (RecordVault | undefined)[] = [];
  let total = 0;
  for (const { recordId, version } of versions) {
    const bytes = (await vaultBytes(reader, recordId, version)) ?? NOTHING;
    total += bytes.length;
    if (total > MAX_VAULT_BYTES)
      throw new DomainError(
        'TOO_LARGE',
        'the manifests are too large together; ask for fewer records at once',
      );
    found.push(decodeVault(bytes));
  }
  return found;
}

/** Maps items whose vaults are read on the way, a few at a time, so that few are in memory at once. */
export async function mapFewAtOnce<T, R>(
  items: readonly T[],
  map: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const mapped: R[] = [];
  for (let from = 0; from < items.length; from += VAULTS_AT_ONCE)
    mapped.push(...(await Promise.all(items.slice(from, from + VAULTS_AT_ONCE).map(map))));
  return mapped;
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

/** Throws CONFLICT: this peer has only the hash of the private data. */
export function notHere(): never {
  throw new DomainError('CONFLICT', 'this peer does not have the manifest yet; try again');
}

/** No bytes where they were purged, and undefined where only their hash has arrived. */
async function vaultBytes({ stub }: Reader, id: RecordId, version: number): Promise<Uint8Array | undefined> {
  try {
    return await stub.getPrivateData(VAULT, vaultKey(stub, id, version));
  } catch (error) {
    if (error instanceof Error && NOT_AVAILABLE.test(error.message)) return undefined;
    throw error;
  }
}

// Written by `writeVault` alone.
function decodeVault(bytes: Uint8Array): RecordVault | undefined {
  return decodeStored(bytes) as RecordVault | undefined;
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
