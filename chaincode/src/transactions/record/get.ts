// SPDX-License-Identifier: Apache-2.0
import { getRecord } from '../../domain/record.js';
import { evaluate } from '../../state/transaction.js';
import { absent, groundsFor, versionsOf, viewerOf, visibleVersion } from './visible.js';

/** One version of a record, or the newest, for those who may know of it. */
export const get = evaluate(getRecord, async (reader, { recordId, version: wanted }) => {
  const viewer = await viewerOf(reader);
  const versions = await versionsOf(reader, recordId);
  const found = wanted === undefined ? versions.at(-1) : versions[wanted - 1];
  if (found === undefined) return absent();
  if (found.author === viewer.mspId) return found;
  const grounds = await groundsFor(reader, viewer, found.ownerHandle);
  return (await visibleVersion(reader, viewer, found, grounds))?.version ?? absent();
});
