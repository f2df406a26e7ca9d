// SPDX-License-Identifier: Apache-2.0
import {
  listPins as request,
  type PinnedVersion,
  type PinPage,
  type RecordVersion,
} from '../../domain/record.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { page } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { mapFewAtOnce, readVault } from '../../state/vault.js';

/** The CIDs of all content that the ledger still knows, page by page: what every hospital keeps, and nothing about whom. */
export const listPins = evaluate(request, async (reader, asked): Promise<PinPage> => {
  await requireProcess(reader, ['gateway', 'operator']);
  const { values, bookmark } = await page(
    reader,
    keys.record(asked.recordId),
    asked.pageSize,
    asked.bookmark,
  );
  const living = values.filter(({ status }) => status !== 'erased');
  const versions = await mapFewAtOnce(living, (version) => pinnedVersion(reader, version));
  return bookmark === undefined ? { versions } : { versions, bookmark };
});

async function pinnedVersion(reader: Reader, { recordId, version }: RecordVersion): Promise<PinnedVersion> {
  const vault = await readVault(reader, recordId, version);
  if (vault === undefined) return { recordId, version };
  const parts = vault.manifest.segments.flatMap((segment) => segment.parts);
  return { recordId, version, cids: parts.map(({ cid }) => cid) };
}
