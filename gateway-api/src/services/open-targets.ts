// SPDX-License-Identifier: Apache-2.0
import { timingSafeEqual } from 'node:crypto';
import {
  DomainError,
  segmentNameOf,
  type CustodianSet,
  type Intent,
  type MspId,
  type SegmentRef,
  type Segment,
} from '@tutela/chaincode/domain';
import { commitToKey, decodeBase64url, partsDigest, streamSaltOf } from '@tutela/crypto';
import type { Actor } from '../ledger/actor.js';
import { CorruptContent } from './corrupt-content.js';
import type { IntentsDeps } from './create-intents.js';
import type { CustodyDirectory } from './custody-directory.js';
import type { EarlyReleases } from './early-releases.js';
import { openContent, type OpenedSegment, type SegmentHead, type SegmentHeads } from './open-content.js';
import { releaseKeys, type Released } from './release-keys.js';
import { reportCorruption } from './report-corruption.js';
import { streamSecret } from './seal-segment.js';
import type { Target } from './targets.js';
import type { WantedKey } from './wanted-key.js';

export type OpenRecordDeps = IntentsDeps & Readonly<{ custody: CustodyDirectory }>;
export type Opener = OpenRecordDeps & Readonly<{ heads: SegmentHeads; early?: EarlyReleases }>;
/** Opened segments, and the custodians whose false shares were found on the way. */
export type Opened = Readonly<{ segments: readonly OpenedSegment[]; accused: readonly MspId[] }>;

type Wanted = Readonly<{ intent: Intent; targets: readonly Target[]; set: CustodianSet }>;

/** Opens targets of a valid intent: keys from the custodians in `set`, ciphertext from the swarm. */
export async function openTargets(
  opener: Opener,
  actor: Actor,
  { intent, targets, set }: Wanted,
  signal?: AbortSignal,
): Promise<Opened> {
  const heads = new Map<string, SegmentHead>();
  for (const target of targets) {
    const head = await reported(opener, target, () => headOf(opener, target, signal));
    heads.set(segmentNameOf(target.ref), head);
  }
  const wanted = targets.map((target) => wantedKey(target, heads.get(segmentNameOf(target.ref))));
  const { keys, accused } = await fittingKeysOf(opener, actor, { intent, targets, set }, wanted);
  const segments: OpenedSegment[] = [];
  for (const target of targets) {
    const name = segmentNameOf(target.ref);
    const [dek, head] = [keys.get(name), heads.get(name)];
    if (dek === undefined || head === undefined)
      throw new DomainError('INTERNAL', 'a released key is missing');
    segments.push(await reported(opener, target, () => openTarget(opener, target, { dek, head }, signal)));
  }
  return { segments, accused };
}

/** As {@link keysOf}; a capsule that its author made for another key than the content's is recorded. */
async function fittingKeysOf(
  opener: Opener,
  actor: Actor,
  { intent, targets, set }: Wanted,
  wanted: readonly WantedKey[],
): Promise<Released> {
  try {
    return await keysOf(opener, actor, { intent, set, wanted });
  } catch (error) {
    const ref = error instanceof CorruptContent ? error.ref : undefined;
    const target = ref && targets.find((one) => segmentNameOf(one.ref) === segmentNameOf(ref));
    if (target === undefined) throw error;
    throw await reportCorruption(opener, target.ref, target.segment, error);
  }
}

async function openTarget(
  opener: Opener,
  { ref, segment, manifest }: Target,
  { dek, head }: Readonly<{ dek: Uint8Array; head: SegmentHead }>,
  signal?: AbortSignal,
): Promise<OpenedSegment> {
  const secret = streamSecret(manifest.channel, manifest, ref.segmentId, dek);
  const { fetcher } = opener;
  const opened = await openContent({ fetcher, segment, secret, head, ...(signal && { signal }) });
  return guarded(opener, ref, segment, opened);
}

/** Keys from the custodians; where those of the set fail and the key was dealt anew meanwhile, from those who hold it now. */
async function keysOf(
  opener: Opener,
  actor: Actor,
  {
    intent: { intentId },
    set,
    wanted,
  }: Readonly<{ intent: Intent; set: CustodianSet; wanted: readonly WantedKey[] }>,
): Promise<Released> {
  const { ledger, sessions, custody } = opener;
  const share = { channel: ledger.channel, intentId, session: sessions.find(intentId, actor) };
  try {
    return await releaseKeys(opener, { ...share, set }, await custody.custodians(), wanted);
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'TOO_FEW_CUSTODIANS') throw error;
    custody.refresh();
    const now = await custody.current();
    if (now.epoch === set.epoch) throw error;
    return releaseKeys(opener, { ...share, set: now }, await custody.custodians(), wanted);
  }
}

/** The first bytes of a segment, once its parts are known to be the whole that was anchored. */
async function headOf({ heads }: Opener, { segment }: Target, signal?: AbortSignal): Promise<SegmentHead> {
  const digest = partsDigest(segment.parts.map((part) => decodeBase64url(part.sha256)));
  const size = segment.parts.reduce((total, part) => total + part.size, 0);
  if (!same(digest, decodeBase64url(segment.sha256)) || size !== segment.size)
    throw new CorruptContent('the parts of this content are not the whole that was anchored');
  return heads.of(segment, signal);
}

function wantedKey({ ref, segment, label, capsule }: Target, head?: SegmentHead): WantedKey {
  const header = head?.streamHeader ?? new Uint8Array(0);
  const salt = streamSaltOf(header);
  const commitment = decodeBase64url(segment.com);
  return {
    ref,
    label,
    capsule: decodeBase64url(capsule),
    accepts: (key) => same(commitToKey(key, salt), commitment),
  };
}

/** Content that does not verify is recorded on the ledger, whenever it is noticed, and refused. */
function guarded(opener: Opener, ref: SegmentRef, segment: Segment, opened: OpenedSegment): OpenedSegment {
  return {
    ...opened,
    read: (range) => guardedBytes(opener, ref, segment, opened.read(range)),
  };
}

async function* guardedBytes(
  opener: Opener,
  ref: SegmentRef,
  segment: Segment,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* bytes;
  } catch (error) {
    throw await reportCorruption(opener, ref, segment, error);
  }
}

async function reported<T>(opener: Opener, { ref, segment }: Target, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw await reportCorruption(opener, ref, segment, error);
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
