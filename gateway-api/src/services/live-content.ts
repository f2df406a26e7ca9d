// SPDX-License-Identifier: Apache-2.0
import type { PinnedVersion, RecordId } from '@tutela/chaincode/domain';
import { inBatches } from '../storage/storage.js';
import type { Ledger } from '../ledger/ledger.js';
import { pagesOf } from '../ledger/pages.js';
import type { ContentIndex } from './content-index.js';
import { CopyJournal } from './copy-journal.js';
import type { ServiceDeps } from './service-deps.js';

const PAGE = 100;
/** So many copies are looked up in one piece. */
const PIECE = 250;

type NotingDeps = Pick<ServiceDeps, 'ledger' | 'state' | 'nowMs'>;

/**
 * Reads on the own peer what every live version names, and notes it in the index. Answers whether that is all: not while
 * the own peer lacks the manifest of one of them, which its author can bring about for ever: so it makes things wait, and
 * stops nothing.
 */
export async function readLiveContent(deps: NotingDeps, index: ContentIndex): Promise<boolean> {
  let isComplete = true;
  for await (const version of liveVersions(deps.ledger)) {
    await noteVersion(deps, index, version);
    if (version.cids === undefined) isComplete = false;
  }
  return isComplete;
}

/** Notes what one record names, as soon as it is registered: its manifest is gone once it is erased. */
export async function noteRecord(deps: NotingDeps, index: ContentIndex, recordId: RecordId): Promise<void> {
  for await (const version of liveVersions(deps.ledger, { recordId }))
    await noteVersion(deps, index, version);
}

/** What its own record names, a hospital need not ask for. */
async function noteVersion(
  { state, nowMs }: NotingDeps,
  index: ContentIndex,
  version: PinnedVersion,
): Promise<void> {
  const { recordId, author, cids = [] } = version;
  if (index.hasNoted(recordId, version.version)) return;
  await index.note(version, nowMs());
  const copies = new CopyJournal(state);
  for await (const piece of inBatches(cids, PIECE)) copies.registered(piece, author);
}

/** Live versions of all records or of one. */
async function* liveVersions(
  ledger: Ledger,
  of: Readonly<{ recordId?: RecordId }> = {},
): AsyncGenerator<PinnedVersion, void, undefined> {
  const pages = pagesOf((after) => ledger.askOwnPeer('record:ListPins', { ...of, pageSize: PAGE, ...after }));
  for await (const { versions } of pages) yield* versions;
}
