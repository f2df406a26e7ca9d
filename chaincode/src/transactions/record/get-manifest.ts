// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { getRecord } from '../../domain/record.js';
import { evaluate } from '../../state/transaction.js';
import { absent, groundsFor, versionsOf, viewerOf, visibleVersion } from './visible.js';

/** The manifest of a version with those segments that the caller may know; withheld ones leave no trace. */
export const getManifest = evaluate(getRecord, async (reader, { recordId, version: wanted }) => {
  const viewer = await viewerOf(reader);
  const versions = await versionsOf(reader, recordId);
  const found = wanted === undefined ? versions.at(-1) : versions[wanted - 1];
  if (found === undefined) return absent();
  if (found.author === viewer.mspId && found.status === 'erased')
    throw new DomainError('ERASED', 'the record was erased');
  const grounds = await groundsFor(reader, viewer, found.ownerHandle);
  return (await visibleVersion(reader, viewer, found, grounds))?.manifest ?? absent();
});
