// SPDX-License-Identifier: Apache-2.0
import type { MspId, PinnedVersion, RecordId } from '@tutela/chaincode/domain';
import { blockName } from '../storage/storage.js';
import type { Ledger } from '../ledger/ledger.js';
import { pagesOf } from '../ledger/pages.js';
import type { ContentIndex } from './content-index.js';
import { CopyJournal } from './copy-journal.js';
import type { ServiceDeps } from './service-deps.js';

/**
 * The parts that live record versions name, and the hospitals that registered those. `blocks` has the names of their first blocks: one block has an identifier
 * for every codec. `complete` is false while the own peer lacks the manifest of one of them, which its author can bring
 * about for ever: so it makes things wait, and stops nothing.
 */
export type LiveContent = Readonly<{
  cids: ReadonlyMap<string, ReadonlySet<MspId>>;
  blocks: ReadonlySet<string>;
  complete: boolean;
}>;

const PAGE = 100;

type NotingDeps = Pick<ServiceDeps, 'ledger' | 'state' | 'nowMs'>;

/** Reads on the own peer what every live version names, and notes it in the index. */
export async function readLiveContent(deps: NotingDeps, index: ContentIndex): Promise<LiveContent> {
  const cids = new Map<string, Set<MspId>>();
  let complete = true;
  for await (const version of liveVersions(deps.ledger)) {
    noteVersion(deps, index, version);
    for (const cid of version.cids ?? []) cids.set(cid, (cids.get(cid) ?? new Set()).add(version.author));
    if (version.cids === undefined) complete = false;
  }
  return { cids, blocks: new Set([...cids.keys()].map(blockName)), complete };
}

/** Notes what one record names, as soon as it is registered: its manifest is gone once it is erased. */
export async function noteRecord(deps: NotingDeps, index: ContentIndex, recordId: RecordId): Promise<void> {
  for await (const version of liveVersions(deps.ledger, { recordId })) noteVersion(deps, index, version);
}

/** Notes a version, and drops the requests for copies of its parts by the hospital that registered it. */
function noteVersion({ state, nowMs }: NotingDeps, index: ContentIndex, version: PinnedVersion): void {
  const { cids = [], author } = version;
  if (index.note(version, nowMs())) new CopyJournal(state).registered(cids, author);
}

/** Live versions of all records or of one. */
async function* liveVersions(
  ledger: Ledger,
  of: Readonly<{ recordId?: RecordId }> = {},
): AsyncGenerator<PinnedVersion, void, undefined> {
  const pages = pagesOf((after) => ledger.askOwnPeer('record:ListPins', { ...of, pageSize: PAGE, ...after }));
  for await (const { versions } of pages) yield* versions;
}
