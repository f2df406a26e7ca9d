// SPDX-License-Identifier: Apache-2.0
import type { PinnedVersion, RecordId } from '@tutela/chaincode/domain';
import { blockName } from '../storage/storage.js';
import type { Ledger } from '../ledger/ledger.js';
import type { ContentIndex } from './content-index.js';

/**
 * The parts that live record versions name. `blocks` has the names of their first blocks: one block has an identifier
 * for every codec. `complete` is false while the own peer lacks the manifest of one of them.
 */
export type LiveContent = Readonly<{
  cids: ReadonlySet<string>;
  blocks: ReadonlySet<string>;
  complete: boolean;
}>;

const PAGE = 100;
const MAX_PAGES = 100_000;

/** Reads on the own peer what every live version names, and notes it in the index. */
export async function readLiveContent(ledger: Ledger, index: ContentIndex): Promise<LiveContent> {
  const cids = new Set<string>();
  let complete = true;
  for await (const version of liveVersions(ledger)) {
    index.note(version);
    for (const cid of version.cids ?? []) cids.add(cid);
    if (version.cids === undefined) complete = false;
  }
  return { cids, blocks: new Set([...cids].map(blockName)), complete };
}

/** Notes what one record names, as soon as it is registered: its manifest is gone once it is erased. */
export async function noteRecord(ledger: Ledger, index: ContentIndex, recordId: RecordId): Promise<void> {
  for await (const version of liveVersions(ledger, { recordId })) index.note(version);
}

/** Live versions of all records or of one, page by page. Ends with an error rather than early. */
async function* liveVersions(
  ledger: Ledger,
  of: Readonly<{ recordId?: RecordId }> = {},
): AsyncGenerator<PinnedVersion, void, undefined> {
  let bookmark: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const asked = { ...of, pageSize: PAGE, ...(bookmark !== undefined && { bookmark }) };
    const answer = await ledger.askOwnPeer('record:ListPins', asked);
    yield* answer.versions;
    bookmark = answer.bookmark;
    if (bookmark === undefined) return;
  }
  throw new RangeError('the ledger lists more pins than can be');
}
