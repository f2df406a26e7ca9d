// SPDX-License-Identifier: Apache-2.0
import { timingSafeEqual } from 'node:crypto';
import {
  DomainError,
  permitted,
  segmentLabelHash,
  toBase64Url,
  type Intent,
  type IntentId,
  type Manifest,
  type MspId,
  type Purpose,
  type RecordId,
  type ReleaseContext,
  type Segment,
  type SegmentRef,
} from '@tutela/chaincode/domain';
import { commitToKey, CryptoError, decodeBase64url, partsDigest } from '@tutela/crypto';
import { GATEWAY, type Actor } from '../ledger/actor.js';
import { accuse } from './accuse.js';
import { declareForRecord, type IntentsDeps } from './create-intents.js';
import type { CustodyDirectory } from './custody-directory.js';
import { EarlyReleases } from './early-releases.js';
import { reassembleBundle } from './fhir/reassemble-bundle.js';
import { nameOf, type WantedKey } from './gather-shares.js';
import { sha256 } from './hashing.js';
import {
  openContent,
  resolveRange,
  SegmentHeads,
  type OpenedSegment,
  type SegmentHead,
} from './open-content.js';
import type { OpenedContent, OpenRecord, RangeRequest } from './open-record.js';
import { releaseKeys } from './release-keys.js';
import { reportCorruption } from './report-corruption.js';
import { streamSecret } from './seal-segment.js';
import { MAX_BUNDLE_BYTES } from './store-record.js';

export type OpenRecordDeps = IntentsDeps & Readonly<{ custody: CustodyDirectory }>;

/** A permitted segment with everything about it that the ledger says. */
type Target = Readonly<{
  ref: SegmentRef;
  segment: Segment;
  manifest: Manifest;
  label: Uint8Array;
  capsule: string;
}>;
type Opened = Readonly<{ segments: readonly OpenedSegment[]; accused: readonly MspId[] }>;
type Opener = OpenRecordDeps & Readonly<{ heads: SegmentHeads; early?: EarlyReleases }>;

const STREAM_PREFIX_BYTES = 7;

/** Opens segments: keys from the custodians, for each opening anew; ciphertext from the swarm; plaintext to the reader. */
export function createOpenRecord(deps: OpenRecordDeps): OpenRecord {
  const opener: Opener = { ...deps, heads: new SegmentHeads(deps.fetcher) };
  return {
    openSegment: async (actor, { intentId, segmentId, range }, signal) => {
      deps.sessions.find(intentId, actor);
      const early = new EarlyReleases(deps.custodians, intentId);
      askMembers(opener, early);
      const { context, targets } = await segmentTargets(deps, intentId, segmentId).catch((error: unknown) => {
        early.end();
        throw error;
      });
      const asking = { ...opener, early };
      const { segments, accused } = await openTargets(asking, actor, context, targets, signal);
      return single(context.intent, segments, accused, range);
    },
    openRecord: async (actor, { recordId, version, purpose, basis, categories, range }, signal) => {
      const wanted = {
        recordId,
        ...(version !== undefined && { version }),
        ...(categories && { categories }),
      };
      const request = { purpose, basis, wanted };
      const { intent, segments, accused } = await declareAndOpen(opener, actor, request, targetsOf, signal);
      const isBundle = segments.every(({ header }) => header.positions !== undefined);
      return isBundle ? bundle(intent, segments, accused) : single(intent, segments, accused, range);
    },
  };
}

/** A segment of a version with its content. */
export type OpenedPart = Readonly<{ segment: Segment; opened: OpenedSegment }>;

/**
 * Declares an intent for a whole version and opens all of it, segment by segment. Throws CALLER_NOT_ENTITLED when
 * the ledger permits only some of it, NOT_FOUND when it permits nothing.
 */
export async function openVersion(
  deps: OpenRecordDeps,
  actor: Actor,
  { recordId, version, purpose }: Readonly<{ recordId: RecordId; version: number; purpose: Purpose }>,
): Promise<readonly OpenedPart[]> {
  const opener: Opener = { ...deps, heads: new SegmentHeads(deps.fetcher) };
  const wanted = { recordId, version };
  const request = { purpose, basis: { kind: 'consent' }, wanted } as const;
  const { targets, segments } = await declareAndOpen(opener, actor, request, wholeOf);
  return targets.flatMap(({ segment }, position) => {
    const opened = segments[position];
    return opened === undefined ? [] : [{ segment, opened }];
  });
}

/** What an intent says of one segment; NOT_FOUND unless it permits it. */
async function segmentTargets(
  deps: OpenRecordDeps,
  intentId: IntentId,
  segmentId: SegmentRef['segmentId'],
): Promise<Readonly<{ context: ReleaseContext; targets: readonly Target[] }>> {
  const context = await releaseContext(deps, intentId);
  const targets = targetsOf(context).filter(({ ref }) => ref.segmentId === segmentId);
  if (targets.length === 0) throw new DomainError('NOT_FOUND', 'this intent permits no such segment');
  return { context, targets };
}

type Declared = Opened & Readonly<{ intent: Intent; targets: readonly Target[] }>;

/**
 * Declares an intent and opens what `choose` takes of it. Custodians are asked as soon as the intent was ordered;
 * nothing is opened before its own commit was valid.
 */
async function declareAndOpen(
  opener: Opener,
  actor: Actor,
  request: Parameters<typeof declareForRecord>[2],
  choose: (context: ReleaseContext) => readonly Target[],
  signal?: AbortSignal,
): Promise<Declared> {
  let early: EarlyReleases | undefined;
  const askEarly = ({ intentId }: Intent): void => {
    early ??= new EarlyReleases(opener.custodians, intentId);
    askMembers(opener, early);
  };
  const intent = await declareForRecord(opener, actor, request, askEarly).catch((error: unknown) => {
    early?.end();
    throw error;
  });
  const context = await releaseContext(opener, intent.intentId);
  const targets = choose(context);
  const asking: Opener = { ...opener, ...(early !== undefined && { early }) };
  return { intent, targets, ...(await openTargets(asking, actor, context, targets, signal)) };
}

/** Asks the custodians of the set that is known now; who is missing is asked once the intent is valid. */
function askMembers({ custody, log }: Opener, early: EarlyReleases): void {
  Promise.all([custody.current(), custody.custodians()]).then(
    ([{ members }, custodians]) => {
      early.ask(custodians.filter(({ mspId }) => members.some((member) => member.mspId === mspId)));
    },
    (error: unknown) => {
      log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'custodians are not known now');
    },
  );
}

/** All segments of the version, or CALLER_NOT_ENTITLED. */
function wholeOf(context: ReleaseContext): readonly Target[] {
  const targets = targetsOf(context);
  if (context.records.some(({ version }) => version.labels.length !== targets.length))
    throw new DomainError('CALLER_NOT_ENTITLED', 'this needs somebody who may open all of the record');
  return targets;
}

async function releaseContext({ ledger }: OpenRecordDeps, intentId: IntentId): Promise<ReleaseContext> {
  return ledger.evaluate(GATEWAY, 'access:GetReleaseContext', { intentId });
}

/** The permitted segments with their manifests, each of which must be what its public label was made of. */
function targetsOf({ intent, custodians, records, capsules }: ReleaseContext): readonly Target[] {
  return permitted(intent).map(({ recordId, version, segmentId }) => {
    const ref = { recordId, version, segmentId };
    const record = records.find(
      (one) => one.version.recordId === recordId && one.version.version === version,
    );
    const capsule = capsules.find((one) => nameOf(one.ref) === nameOf(ref))?.capsule;
    const manifest = record?.manifest;
    const segment = manifest?.segments.find((one) => one.segmentId === segmentId);
    if (record === undefined || manifest === undefined || segment === undefined || capsule === undefined)
      throw new DomainError('ERASED', 'what opens this segment is gone');
    const label = segmentLabelHash(manifest, segment, custodians.kid, sha256);
    const anchored = record.version.labels.find((one) => one.segmentId === segmentId)?.label;
    if (toBase64Url(label) !== anchored)
      throw new DomainError('LABEL_MISMATCH', 'the segment is not the one that was anchored');
    return { ref, segment, manifest, label, capsule };
  });
}

async function openTargets(
  opener: Opener,
  actor: Actor,
  context: ReleaseContext,
  targets: readonly Target[],
  signal?: AbortSignal,
): Promise<Opened> {
  const { ledger, sessions, custody, fetcher } = opener;
  const { intentId } = context.intent;
  const heads = new Map<string, SegmentHead>();
  const open = async (): Promise<Opened> => {
    for (const target of targets) heads.set(nameOf(target.ref), await headOf(opener, target, signal));
    const wanted = targets.map((target) => wantedKey(target, heads.get(nameOf(target.ref))));
    const share = {
      channel: ledger.channel,
      intentId,
      session: sessions.find(intentId, actor),
      set: context.custodians,
    };
    const { keys, wrong } = await releaseKeys(opener, share, await custody.custodians(), wanted);
    const accused = await accuse(opener, wrong);
    const segments: OpenedSegment[] = [];
    for (const { ref, segment, manifest } of targets) {
      const [dek, head] = [keys.get(nameOf(ref)), heads.get(nameOf(ref))];
      if (dek === undefined || head === undefined)
        throw new DomainError('INTERNAL', 'a released key is missing');
      const secret = streamSecret(manifest.channel, manifest, ref.segmentId, dek);
      const opened = await openContent({ fetcher, segment, secret, head, ...(signal && { signal }) });
      segments.push(guarded(opener, ref, segment, opened));
    }
    return { segments, accused };
  };
  return reported(opener, targets, open);
}

/** The first bytes of a segment, once its parts are known to be the whole that was anchored. */
async function headOf({ heads }: Opener, { segment }: Target, signal?: AbortSignal): Promise<SegmentHead> {
  const digest = partsDigest(segment.parts.map((part) => decodeBase64url(part.sha256)));
  const size = segment.parts.reduce((total, part) => total + part.size, 0);
  if (!same(digest, decodeBase64url(segment.sha256)) || size !== segment.size)
    throw new DomainError('CONTENT_CORRUPT', 'the parts of this content are not the whole that was anchored');
  return heads.of(segment, signal);
}

function wantedKey({ ref, segment, label, capsule }: Target, head?: SegmentHead): WantedKey {
  const header = head?.streamHeader ?? new Uint8Array(0);
  const salt = header.subarray(1, header.length - STREAM_PREFIX_BYTES);
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

async function reported<T>(opener: Opener, targets: readonly Target[], open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const [first] = targets;
    const isContent =
      error instanceof CryptoError || (error instanceof DomainError && error.code === 'CONTENT_CORRUPT');
    if (first === undefined || !isContent) throw error;
    throw await reportCorruption(opener, first.ref, first.segment, error);
  }
}

function single(
  { intentId, txId }: Intent,
  segments: readonly OpenedSegment[],
  accused: readonly MspId[],
  range: RangeRequest | undefined,
): OpenedContent {
  const [opened] = segments;
  if (opened === undefined) throw new DomainError('NOT_FOUND', 'nothing of this can be opened');
  const { header, size, read } = opened;
  const common = { intentId, txId, contentType: header.contentType, size, accused };
  if (range === undefined) return { ...common, body: read() };
  const resolved = resolveRange(range, size);
  return { ...common, range: resolved, body: read(resolved) };
}

async function bundle(
  { intentId, txId }: Intent,
  segments: readonly OpenedSegment[],
  accused: readonly MspId[],
): Promise<OpenedContent> {
  const parts: Readonly<{ positions: readonly number[]; text: string }>[] = [];
  for (const { header, size, read } of segments) {
    if (size > MAX_BUNDLE_BYTES) throw new DomainError('TOO_LARGE', 'a part of the Bundle is too large');
    parts.push({ positions: header.positions ?? [], text: await textOf(read()) });
  }
  const whole = Buffer.from(reassembleBundle(parts));
  const contentType = segments[0]?.header.contentType ?? 'application/fhir+json';
  return { intentId, txId, contentType, size: whole.length, accused, body: once(whole) };
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece.slice());
  return Buffer.concat(pieces).toString('utf8');
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
