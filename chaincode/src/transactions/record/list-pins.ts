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
import { isErased } from '../../state/records.js';
import { keyText, page } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { findVault } from '../../state/vault.js';

/** A page ends with the version that exceeds this many characters of CIDs: authors choose how many a manifest names. */
const MAX_PAGE_CHARS = 2 * 1024 * 1024;

/** The CIDs of all content that the ledger still knows, page by page: what every hospital keeps, who registered it, and nothing about whom it is. */
export const listPins = evaluate(request, async (reader, asked): Promise<PinPage> => {
  await requireProcess(reader, ['gateway', 'operator']);
  const { values, bookmark } = await page(
    reader,
    keys.record(asked.recordId),
    asked.pageSize,
    asked.bookmark,
  );
  const versions: PinnedVersion[] = [];
  let chars = 0;
  for (const registered of values) {
    if (chars > MAX_PAGE_CHARS) return { versions, bookmark: placeOf(reader, registered) };
    if (registered.status === 'erased' || (await isErased(reader, registered.recordId))) continue;
    const pinned = await pinnedVersion(reader, registered);
    versions.push(pinned);
    chars += (pinned.cids ?? []).reduce((sum, cid) => sum + cid.length, 0);
  }
  return bookmark === undefined ? { versions } : { versions, bookmark };
});

/** A bookmark is the key from which the next page goes on. */
function placeOf({ stub }: Reader, { recordId, version }: RecordVersion): string {
  return keyText(stub, keys.record(recordId, version));
}

async function pinnedVersion(
  reader: Reader,
  { recordId, version, author }: RecordVersion,
): Promise<PinnedVersion> {
  const vault = await findVault(reader, recordId, version);
  if (vault === undefined) return { recordId, version, author };
  const parts = vault.manifest.segments.flatMap((segment) => segment.parts);
  return { recordId, version, author, cids: parts.map(({ cid }) => cid) };
}
