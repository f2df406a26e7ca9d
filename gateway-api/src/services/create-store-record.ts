// SPDX-License-Identifier: Apache-2.0
import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  DomainError,
  ownedId,
  type Handle,
  type Month,
  type RecordId,
  type RecordVersion,
} from '@tutela/chaincode/domain';
import { decodeBase64url, encodeBase64url, sha256 } from '@tutela/crypto';
import type { Actor } from '../ledger/actor.js';
import { anchorVersion } from './anchor-version.js';
import type { Attempt } from './attempt.js';
import type { ContentIndex } from './content-index.js';
import { encodeContentHeader } from './content-header.js';
import type { CustodyDirectory } from './custody-directory.js';
import { splitBundle } from './fhir/split-bundle.js';
import { derivedId, newId } from './new-id.js';
import type { PartJournal } from './part-journal.js';
import { askAs, findVersion, manifestOf, type AskVersion } from './register-version.js';
import { sealSegment, type SegmentPlan, type StoredSegment, type VersionPlace } from './seal-segment.js';
import type { ServiceDeps } from './service-deps.js';
import { MAX_BUNDLE_BYTES, type ContentFacts, type StoredRecord, type StoreRecord } from './store-record.js';

export type StoreRecordDeps = ServiceDeps &
  Readonly<{ parts: PartJournal; content: ContentIndex; custody: CustodyDirectory }>;

type Body = AsyncIterable<Uint8Array>;
type BodyTag = Readonly<{ update: (piece: Uint8Array) => void; digest: () => Uint8Array }>;
type Job = Readonly<{ actor: Actor; handle: Handle; recordId?: RecordId; attempt: Attempt }>;

/** What is noted durably of each try before its version is registered: enough to answer after a crash, and to know the same body. */
type Noted = Readonly<{ answer: Omit<StoredRecord, 'txId'>; bodyTag: string }>;
/** A try that the ledger has. */
type Done = Noted & Readonly<{ version: RecordVersion }>;

/** Tries of one request that are remembered, the newest first. */
const MAX_TRIES = 16;
const CONTENT_TYPE_FHIR = 'application/fhir+json';

/** Stores record versions: encrypt, replicate to enough hospitals, then anchor. */
export function createStoreRecord(deps: StoreRecordDeps): StoreRecord {
  return {
    storeContent: (actor, facts, body, attempt) =>
      storeOnce(deps, jobOf(actor, facts, attempt), body, (tagged) =>
        Promise.resolve([contentPlan(deps, facts, tagged)]),
      ),
    storeBundle: (actor, facts, body, attempt) =>
      storeOnce(deps, jobOf(actor, facts, attempt), body, async (tagged) =>
        bundlePlans(deps, facts.month, await readWhole(tagged)),
      ),
  };
}

/** Stores a version of a record from segments that are planned once its place is known; without a body of its own. */
export function storePlanned(
  deps: StoreRecordDeps,
  job: Job & Readonly<{ recordId: RecordId }>,
  plan: (place: VersionPlace) => Promise<readonly SegmentPlan[]>,
): Promise<StoredRecord> {
  return storeOnce(deps, job, noBody(), (_, place) => plan(place));
}

function jobOf(
  actor: Actor,
  { handle, recordId }: Pick<ContentFacts, 'handle' | 'recordId'>,
  attempt: Attempt,
): Job {
  return { actor, handle, attempt, ...(recordId !== undefined && { recordId }) };
}

/**
 * Does the work, or finds that an earlier try of the same request has done it: then the body must be the same. The own
 * peer may lag behind those that endorse, so a place that is taken is looked at once more.
 */
async function storeOnce(
  deps: StoreRecordDeps,
  job: Job,
  body: Body,
  plan: (body: Body, place: VersionPlace) => Promise<readonly SegmentPlan[]>,
): Promise<StoredRecord> {
  const tag = startBodyTag(deps.bodyTagKey);
  const tries = triesIn(job.attempt);
  const done = await findDone(deps, job.actor, tries);
  if (done !== undefined) {
    await drain(tagged(body, tag));
    return repeated(done, tag);
  }
  try {
    return await storeAnew(deps, job, { tag, tries }, (place) => plan(tagged(body, tag), place));
  } catch (error) {
    const late = isTaken(error) ? await findDone(deps, job.actor, tries) : undefined;
    if (late !== undefined) return repeated(late, tag);
    throw error;
  }
}

/** What was noted of earlier tries, the newest first; an earlier version noted also ids that it did not use. */
function triesIn(attempt: Attempt): readonly Noted[] {
  const notes = (attempt.noted() ?? []) as readonly object[];
  return notes.filter((note): note is Noted => 'answer' in note);
}

async function storeAnew(
  deps: StoreRecordDeps,
  job: Job,
  { tag, tries }: Readonly<{ tag: BodyTag; tries: readonly Noted[] }>,
  plan: (place: VersionPlace) => Promise<readonly SegmentPlan[]>,
): Promise<StoredRecord> {
  const place = await placeOf(deps, job);
  const segments = await sealAll(deps, place, await plan(place));
  const bodyTag = encodeBase64url(tag.digest());
  const manifest = manifestOf(deps.ledger, place, job.handle, segments);
  const pinned = Promise.all(segments.map((segment) => segment.pinned));
  return anchorVersion(deps, job.actor, { manifest, segments, pinned }, (answer) => {
    job.attempt.note([{ answer, bodyTag }, ...tries.slice(0, MAX_TRIES - 1)]);
  });
}

/** Which of the earlier tries the ledger has: each sealed the same body under keys of its own. */
async function findDone(
  deps: StoreRecordDeps,
  actor: Actor,
  tries: readonly Noted[],
): Promise<Done | undefined> {
  for (const noted of tries) {
    const version = await findCommitted(askAs(deps, actor), noted.answer);
    if (version !== undefined) return { ...noted, version };
  }
  return undefined;
}

function isTaken(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'CONFLICT';
}

/** The version on the ledger that an earlier try registered, if it did. */
export async function findCommitted(
  ask: AskVersion,
  { recordId, version, manifestHash }: Omit<StoredRecord, 'txId'>,
): Promise<RecordVersion | undefined> {
  const found = await findVersion(ask, { recordId, version });
  return found?.manifestHash === manifestHash ? found : undefined;
}

/** Where the next version goes: a new record under an id that each repetition of the request derives again, or after the newest version. */
export async function placeOf(
  { ledger }: Pick<ServiceDeps, 'ledger'>,
  { actor, recordId, attempt }: Pick<Job, 'actor' | 'recordId' | 'attempt'>,
): Promise<VersionPlace> {
  if (recordId === undefined) {
    const derived = derivedId('record', attempt.seed);
    return { recordId: ownedId(derived, ledger.mspId, sha256), version: 1 };
  }
  const newest = await ledger.evaluate(actor, 'record:Get', { recordId });
  if (newest.author !== ledger.mspId) throw new DomainError('NOT_FOUND', 'no such record');
  return { recordId, version: newest.version + 1 };
}

async function sealAll(
  deps: StoreRecordDeps,
  place: VersionPlace,
  plans: readonly SegmentPlan[],
): Promise<readonly StoredSegment[]> {
  const sealed: StoredSegment[] = [];
  for (const plan of plans) sealed.push(await sealSegment(deps, place, plan));
  return sealed;
}

function contentPlan({ random }: Pick<ServiceDeps, 'random'>, facts: ContentFacts, body: Body): SegmentPlan {
  const { category, month, contentType } = facts;
  const plaintext = preceded(encodeContentHeader({ contentType }), body);
  return {
    segmentId: newId('segment', random),
    category,
    class: facts.class,
    month,
    securityLabels: [],
    plaintext,
  };
}

function bundlePlans(
  { random }: Pick<ServiceDeps, 'random'>,
  month: Month,
  bundle: Buffer,
): readonly SegmentPlan[] {
  return splitBundle(bundle, random).map(({ category, securityLabels, positions, text }) => ({
    segmentId: newId('segment', random),
    category,
    class: category === 'summary' ? 'summary' : 'standard',
    month,
    securityLabels,
    plaintext: [encodeContentHeader({ contentType: CONTENT_TYPE_FHIR, positions }), Buffer.from(text)],
  }));
}

function repeated({ answer, bodyTag, version }: Done, tag: BodyTag): StoredRecord {
  if (!timingSafeEqual(tag.digest(), decodeBase64url(bodyTag)))
    throw new DomainError('CONFLICT', 'this Idempotency-Key was used for another body');
  return { ...answer, txId: version.txId };
}

/** A keyed digest of a body: to know it again, not to learn it. */
function startBodyTag(bodyTagKey: Uint8Array): BodyTag {
  const hmac = createHmac('sha256', bodyTagKey).update('Tutela-v1-body-tag\u0000');
  let digest: Uint8Array | undefined;
  return { update: (piece) => hmac.update(piece), digest: () => (digest ??= hmac.digest()) };
}

async function* tagged(body: Body, tag: BodyTag): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of body) {
    tag.update(piece);
    yield piece;
  }
}

async function* preceded(first: Uint8Array, body: Body): AsyncGenerator<Uint8Array, void, undefined> {
  yield first;
  yield* body;
}

async function* noBody(): AsyncGenerator<never> {
  // What is stored comes from elsewhere.
}

async function drain(body: Body): Promise<number> {
  let size = 0;
  for await (const piece of body) size += piece.length;
  return size;
}

async function readWhole(body: Body): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > MAX_BUNDLE_BYTES)
      throw new DomainError(
        'TOO_LARGE',
        `a Bundle has at most ${MAX_BUNDLE_BYTES} bytes; store it as one content`,
      );
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}
