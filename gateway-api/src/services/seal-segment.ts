// SPDX-License-Identifier: Apache-2.0
import {
  FORMAT_VERSION,
  MAX_PARTS_PER_SEGMENT,
  DomainError,
  streamAssociatedData,
  SUITE_S1,
  toBase64Url,
  type Category,
  type Month,
  type Part,
  type RecordId,
  type Segment,
  type SegmentClass,
  type SegmentId,
} from '@tutela/chaincode/domain';
import {
  createStreamKey,
  DEK_LENGTH,
  partsDigest,
  partsTag,
  type SealedPart,
  type StreamKey,
  type StreamSecret,
} from '@tutela/crypto';
import type { ContentIndex } from './content-index.js';
import { whileNamed } from './drop-unreferenced.js';
import { sealParts } from './seal-parts.js';
import type { PartJournal } from './part-journal.js';
import type { ServiceDeps } from './service-deps.js';
import { MAX_CONTENT_BYTES } from './store-record.js';

/** A record version to be, and the place of everything in it. */
export type VersionPlace = Readonly<{ recordId: RecordId; version: number }>;

/** One segment before it is sealed. */
export type SegmentPlan = Readonly<{
  segmentId: SegmentId;
  category: Category;
  class: SegmentClass;
  month: Month;
  securityLabels: readonly string[];
  plaintext: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}>;

/** A segment of the manifest and its data key; the key never leaves the gateway but in a capsule. */
export type SealedSegment = Readonly<{ segment: Segment; dek: Uint8Array }>;

/** A sealed segment whose parts the own node has; `pinned` resolves once the own pinset names them all and others are asked to hold them. */
export type StoredSegment = SealedSegment & Readonly<{ pinned: Promise<void> }>;

/** What is kept of a part once it is stored. */
export type PutPart = Readonly<{ part: Part; sha256: Uint8Array; tag: Uint8Array }>;

type SealingDeps = Pick<ServiceDeps, 'ledger' | 'storage' | 'random' | 'nowMs'> &
  Readonly<{ parts: PartJournal; content: ContentIndex }>;
type PinningDeps = Pick<SealingDeps, 'storage' | 'parts' | 'content'>;

const SALT_BYTES = 32;
const MAX_PINS_AT_ONCE = 4;

/** Encrypts a segment under a key of its own and stores it part by part with flat memory. */
export async function sealSegment(
  deps: SealingDeps,
  place: VersionPlace,
  plan: SegmentPlan,
  signal?: AbortSignal,
): Promise<StoredSegment> {
  const dek = deps.random(DEK_LENGTH);
  const key = createStreamKey(streamSecret(deps.ledger.channel, place, plan.segmentId, dek), deps.random);
  const pins = new Pins(deps, signal);
  const put = await sealParts(key, plan.plaintext, async (part) => {
    const added = await addPart(deps, place, part, signal);
    await pins.ask(added.part.cid);
    return added;
  });
  const segment = segmentOf(plan, key, put, deps.random(SALT_BYTES));
  return { segment, dek, pinned: pins.settled() };
}

/** What opens a segment's stream, with the associated data that bind it to its place. */
export function streamSecret(
  channel: string,
  { recordId, version }: VersionPlace,
  segmentId: SegmentId,
  dek: Uint8Array,
): StreamSecret {
  const aad = streamAssociatedData(
    { v: FORMAT_VERSION, suite: SUITE_S1, channel, recordId, version },
    segmentId,
  );
  return { suite: SUITE_S1, dek, aad };
}

/**
 * Adds one part and notes it, before any hospital is asked to hold it; the bytes are free when this resolves. A part that
 * another one follows is made when the first byte after it has come: so the first byte too many is TOO_LARGE.
 */
export async function addPart(
  { storage, parts, nowMs }: Pick<SealingDeps, 'storage' | 'parts' | 'nowMs'>,
  place: VersionPlace,
  sealed: Omit<SealedPart, 'plaintextSize'>,
  signal?: AbortSignal,
): Promise<PutPart> {
  if (sealed.index + (sealed.isLast ? 1 : 2) > MAX_PARTS_PER_SEGMENT)
    throw new DomainError('TOO_LARGE', `a content has at most ${MAX_CONTENT_BYTES} bytes`);
  const stored = await storage.add(sealed.ciphertext, signal);
  parts.added(stored, place, nowMs());
  const { sha256, tag } = sealed;
  return { part: { cid: stored.cid, size: stored.size, sha256: toBase64Url(sha256) }, sha256, tag };
}

/** Requests to hold parts, a few at a time beside the encryption of the parts that follow. */
class Pins {
  readonly #deps: PinningDeps;
  readonly #signal: AbortSignal | undefined;
  readonly #asked: Promise<void>[] = [];

  constructor(deps: PinningDeps, signal: AbortSignal | undefined) {
    this.#deps = deps;
    this.#signal = signal;
  }

  async ask(cid: string): Promise<void> {
    const asking = this.#deps.storage.pin(cid, whileNamed(this.#deps), this.#signal);
    // It is awaited below; until then its failure must not count as unhandled.
    asking.catch(() => undefined);
    this.#asked.push(asking);
    if (this.#asked.length >= MAX_PINS_AT_ONCE) await this.#asked.shift();
  }

  /** Resolves once all were asked; who never awaits it has given the upload up. */
  settled(): Promise<void> {
    const settled = Promise.all(this.#asked).then(() => undefined);
    settled.catch(() => undefined);
    return settled;
  }
}

/** The manifest's entry for a segment whose parts are stored. */
export function segmentOf(
  plan: Omit<SegmentPlan, 'plaintext'>,
  key: StreamKey,
  put: readonly Readonly<PutPart>[],
  salt: Uint8Array,
): Segment {
  return {
    segmentId: plan.segmentId,
    class: plan.class,
    category: plan.category,
    dateBucket: plan.month,
    securityLabels: plan.securityLabels,
    parts: put.map(({ part }) => part),
    size: put.reduce((total, { part }) => total + part.size, 0),
    sha256: toBase64Url(partsDigest(put.map(({ sha256 }) => sha256))),
    com: toBase64Url(key.commitment),
    ptag: toBase64Url(
      partsTag(
        key,
        put.map(({ tag }) => tag),
      ),
    ),
    layers: [],
    salt: toBase64Url(salt),
  };
}
