// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../domain/errors.js';
import type { RecordId } from '../domain/ids.js';
import type { RecordVersion } from '../domain/record.js';
import { keys } from './keys.js';
import type { Reader } from './ledger.js';
import { list, read } from './store.js';

/** Whether the patient had a record erased: with all of its versions, and none is registered any more. */
export async function isErased(reader: Reader, id: RecordId): Promise<boolean> {
  return (await read(reader, keys.recordErased(id))) !== undefined;
}

/** One version as it stands now, or undefined. */
export async function readVersion(
  reader: Reader,
  id: RecordId,
  version: number,
): Promise<RecordVersion | undefined> {
  const [found, erased] = await Promise.all([read(reader, keys.record(id, version)), isErased(reader, id)]);
  return found && standing(found, erased);
}

/** As {@link readVersion}; throws NOT_FOUND where there is none. */
export async function readExistingVersion(
  reader: Reader,
  id: RecordId,
  version: number,
): Promise<RecordVersion> {
  const found = await readVersion(reader, id, version);
  if (found === undefined) throw new DomainError('NOT_FOUND', 'no such record');
  return found;
}

/** All versions of a record as they stand now, oldest first. */
export async function listVersions(reader: Reader, id: RecordId): Promise<readonly RecordVersion[]> {
  const [versions, erased] = await Promise.all([list(reader, keys.record(id)), isErased(reader, id)]);
  return versions.map((version) => standing(version, erased));
}

function standing(version: RecordVersion, erased: boolean): RecordVersion {
  return erased ? { ...version, status: 'erased' } : version;
}
