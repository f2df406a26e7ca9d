// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  type CustodianSet,
  type Intent,
  type Purpose,
  type RecordId,
  type ReleaseRequest,
  type Segment,
} from '@tutela/chaincode/domain';
import { GATEWAY, type Actor } from '../ledger/actor.js';
import { declareForRecord } from './create-intents.js';
import { EarlyReleases } from './early-releases.js';
import { reassembleBundle } from './fhir/reassemble-bundle.js';
import { resolveRange, SegmentHeads, type OpenedSegment } from './open-content.js';
import type { OpenedContent, OpenRecord, RangeRequest } from './open-record.js';
import { openTargets, type Opened, type Opener, type OpenRecordDeps } from './open-targets.js';
import { MAX_BUNDLE_BYTES } from './store-record.js';
import { targetsOf, wholeOf, type Choice, type Target } from './targets.js';

/** A Bundle that was stored has at most half of it; the rest is for the envelope that each of its segments repeats. */
const MAX_JOINED_BYTES = 2 * MAX_BUNDLE_BYTES;

/** Opens segments: keys from the custodians, for each opening anew; ciphertext from the swarm; plaintext to the reader. */
export function createOpenRecord(deps: OpenRecordDeps): OpenRecord {
  const opener: Opener = { ...deps, heads: new SegmentHeads(deps.fetcher) };
  return {
    openSegment: async (actor, { intentId, segmentId, range }, signal) => {
      deps.sessions.find(intentId, actor);
      const early = askMembers(opener, { intentId });
      const found = await declaredTargets(deps, intentId).catch((error: unknown) => {
        early.end();
        throw error;
      });
      const targets = found.targets.filter(({ ref }) => ref.segmentId === segmentId);
      if (targets.length === 0) {
        early.end();
        throw new DomainError('NOT_FOUND', 'this intent permits no such segment');
      }
      const opened = await openTargets({ ...opener, early }, actor, { ...found, targets }, signal);
      return single(found.intent, opened, range);
    },
    openRecord: async (actor, { recordId, version, purpose, basis, categories, range }, signal) => {
      const wanted = {
        recordId,
        ...(version !== undefined && { version }),
        ...(categories && { categories }),
      };
      const request = { purpose, basis, wanted };
      const { intent, opened } = await declareAndOpen(opener, actor, request, joinableOf, signal);
      const isBundle = opened.segments.every(({ header }) => header.positions !== undefined);
      return isBundle ? bundle(intent, opened) : single(intent, opened, range);
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
  const { targets, opened } = await declareAndOpen(opener, actor, request, wholeOf);
  return targets.flatMap(({ segment }, position) => {
    const part = opened.segments[position];
    return part === undefined ? [] : [{ segment, opened: part }];
  });
}

type Permitted = Readonly<{ intent: Intent; set: CustodianSet; targets: readonly Target[] }>;

/** What an intent that was declared before permits, as the ledger shows it now. */
async function declaredTargets({ ledger }: OpenRecordDeps, intentId: Intent['intentId']): Promise<Permitted> {
  const context = await ledger.evaluate(GATEWAY, 'access:GetReleaseContext', { intentId });
  const { intent, custodians: set } = context;
  return { intent, set, targets: targetsOf({ intent, material: context, kid: set.kid }) };
}

/**
 * Declares an intent and opens what `choose` takes of it. Custodians are asked as soon as the intent was ordered;
 * nothing is opened before its own commit was valid.
 */
async function declareAndOpen(
  opener: Opener,
  actor: Actor,
  request: Parameters<typeof declareForRecord>[2],
  choose: (choice: Choice) => readonly Target[],
  signal?: AbortSignal,
): Promise<Readonly<{ intent: Intent; targets: readonly Target[]; opened: Opened }>> {
  let early: EarlyReleases | undefined;
  const askEarly = (ordered: Intent): void => {
    early ??= askMembers(opener, { intentId: ordered.intentId, ordered });
  };
  const { intent, material } = await declareForRecord(opener, actor, request, askEarly).catch(
    (error: unknown) => {
      early?.end();
      throw error;
    },
  );
  const set = await opener.custody.current();
  const targets = chosen(() => choose({ intent, material, kid: set.kid }), early);
  const asking: Opener = { ...opener, ...(early !== undefined && { early }) };
  return { intent, targets, opened: await openTargets(asking, actor, { intent, set, targets }, signal) };
}

/** What is chosen; when it fails, nobody waits for the custodians any more. */
function chosen(choose: () => readonly Target[], early: EarlyReleases | undefined): readonly Target[] {
  try {
    return choose();
  } catch (error) {
    early?.end();
    throw error;
  }
}

/** Asks the custodians of the set that is known now; who is missing is asked once the intent is valid. */
function askMembers({ custodians, custody, log }: Opener, request: ReleaseRequest): EarlyReleases {
  const early = new EarlyReleases(custodians, request);
  Promise.all([custody.current(), custody.custodians()]).then(
    ([{ members }, all]) => {
      early.ask(all.filter(({ mspId }) => members.some((member) => member.mspId === mspId)));
    },
    (error: unknown) => {
      log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'custodians are not known now');
    },
  );
  return early;
}

function single(
  { intentId, txId }: Intent,
  { segments, accused }: Opened,
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

/**
 * As {@link targetsOf}; throws TOO_LARGE, before anything is fetched, for segments that would be joined in memory and
 * are more than a Bundle can be, with its envelope in each of them.
 */
function joinableOf(choice: Choice): readonly Target[] {
  const targets = targetsOf(choice);
  if (targets.length > 1) requireJoinable(targets.map(({ segment }) => segment.size));
  return targets;
}

function requireJoinable(sizes: readonly number[]): void {
  if (sizes.reduce((total, size) => total + size, 0) > MAX_JOINED_BYTES)
    throw new DomainError('TOO_LARGE', 'the Bundle is too large to be answered as one; open its segments');
}

async function bundle({ intentId, txId }: Intent, { segments, accused }: Opened): Promise<OpenedContent> {
  const parts: Readonly<{ positions: readonly number[]; text: string }>[] = [];
  requireJoinable(segments.map(({ size }) => size));
  for (const { header, read } of segments) {
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
