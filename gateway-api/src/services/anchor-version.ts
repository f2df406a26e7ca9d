// SPDX-License-Identifier: Apache-2.0
import { DomainError, type Manifest } from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { ContentIndex } from './content-index.js';
import type { CustodyDirectory } from './custody-directory.js';
import { whileNamed } from './drop-unreferenced.js';
import type { PartJournal } from './part-journal.js';
import { registerVersion } from './register-version.js';
import type { SealedSegment } from './seal-segment.js';
import type { ServiceDeps } from './service-deps.js';
import { STORE_LIFETIME_MS, type StoredRecord } from './store-record.js';

/** A version whose parts the own node has; `pinned` resolves once the own pinset names them all and others are asked to hold them. */
export type Sealed = Readonly<{
  manifest: Manifest;
  segments: readonly SealedSegment[];
  pinned: Promise<unknown>;
}>;

type Anchored = Omit<StoredRecord, 'txId'>;
type AnchorDeps = ServiceDeps &
  Readonly<{ parts: PartJournal; content: ContentIndex; custody: CustodyDirectory }>;

/**
 * Anchors a version. It is endorsed while hospitals take its parts, and ordered only once enough of them hold every
 * part and if the store took no longer than it may; `note` keeps what will be answered, before anything is ordered.
 * Throws STORAGE_UNAVAILABLE with nothing ordered.
 */
export async function anchorVersion(
  deps: AnchorDeps,
  actor: Actor,
  { manifest, segments, pinned }: Sealed,
  note: (answer: Anchored) => void,
): Promise<StoredRecord> {
  const cids = cidsOf(manifest);
  const leaving = new AbortController();
  const replicated = pinned.then(() => deps.storage.replicated(cids, whileNamed(deps), leaving.signal));
  // It is awaited before anything is ordered; a refusal may come first.
  replicated.catch(() => undefined);
  try {
    const version = await registerVersion(deps, actor, manifest, segments, async (hash) => {
      const hospitals = await replicated;
      const nowMs = deps.nowMs();
      if (!deps.parts.order(cids, nowMs, nowMs - STORE_LIFETIME_MS))
        throw new DomainError('STORAGE_UNAVAILABLE', 'the store took too long; begin it again');
      note(answerOf(manifest, hash, hospitals));
    });
    const answer = answerOf(manifest, version.manifestHash, await replicated);
    deps.parts.registered(cids);
    return { ...answer, txId: version.txId };
  } finally {
    leaving.abort();
  }
}

/** The CIDs of all parts of a manifest. */
function cidsOf({ segments }: Manifest): readonly string[] {
  return segments.flatMap(({ parts }) => parts.map(({ cid }) => cid));
}

/** What the author is told of a version. */
function answerOf(manifest: Manifest, hash: string, hospitals: number): Anchored {
  const { recordId, version, segments } = manifest;
  const told = segments.map(({ segmentId, category, size }) => ({ segmentId, category, size }));
  return { recordId, version, segments: told, manifestHash: hash, hospitals };
}
