// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { DomainError, instantOf, toBase64Url } from '@tutela/chaincode/domain';
import { createStreamKey, decodeBase64url, DEK_LENGTH, encodeBase64url } from '@tutela/crypto';
import type { Actor } from '../ledger/actor.js';
import { anchorVersion } from './anchor-version.js';
import type { Attempt } from './attempt.js';
import { encodeContentHeader } from './content-header.js';
import { findCommitted, placeOf, type StoreRecordDeps } from './create-store-record.js';
import {
  Filling,
  IDLE_MS,
  isInTime,
  noSuchUpload,
  placeIn,
  requireInTime,
  segmentIn,
  streamKeyOf,
  type FillingDeps as Deps,
} from './fill-upload.js';
import { newId } from './new-id.js';
import { askAs, manifestOf, type AskVersion } from './register-version.js';
import { readSettled } from './settled-registrations.js';
import { segmentOf, streamSecret, type SealedSegment } from './seal-segment.js';
import type { ContentFacts, StoredRecord } from './store-record.js';
import { tryTakeOff } from './take-off.js';
import { UploadJournal, type JournalledUpload } from './upload-journal.js';
import type { Uploads, UploadState } from './uploads.js';

const ID_BYTES = 16;
const SALT_BYTES = 32;

/** Uploads that survive the client, the network and the gateway. */
export function createUploads(given: StoreRecordDeps): Uploads {
  const deps: Deps = { ...given, uploadJournal: new UploadJournal(given) };
  const busy = new Set<string>();
  const alone = async <T>(uploadId: string, act: () => Promise<T>): Promise<T> => {
    if (busy.has(uploadId)) throw new DomainError('CONFLICT', 'this upload is being worked on; retry soon');
    busy.add(uploadId);
    try {
      return await act();
    } finally {
      busy.delete(uploadId);
    }
  };
  return {
    begin: (actor, facts, attempt) => begin(deps, actor, facts, attempt),
    state: async (actor, uploadId) => stateOf(await Promise.resolve(owned(deps, actor, uploadId))),
    append: (actor, uploadId, offset, body) =>
      alone(uploadId, () => append(deps, owned(deps, actor, uploadId), offset, body)),
    complete: (actor, uploadId, size) =>
      alone(uploadId, () => complete(deps, actor, owned(deps, actor, uploadId), size)),
    abandon: (actor, uploadId) => alone(uploadId, () => end(deps, owned(deps, actor, uploadId))),
    expire: async () => {
      let ended = 0;
      for (const uploadId of deps.uploadJournal.expiredAt(deps.nowMs()))
        if (await isDone(deps, () => alone(uploadId, () => endExpired(deps, uploadId)))) ended += 1;
      return ended;
    },
  };
}

async function begin(deps: Deps, actor: Actor, facts: ContentFacts, attempt: Attempt): Promise<UploadState> {
  const uploadId = `up_${encodeBase64url(createHmac('sha256', attempt.seed).update('upload').digest().subarray(0, ID_BYTES))}`;
  const earlier = deps.uploadJournal.find(uploadId);
  if (earlier !== undefined) return stateOf(earlier);
  const { recordId } = facts;
  const place = await placeOf(deps, { actor, attempt, ...(recordId !== undefined && { recordId }) });
  const segmentId = newId('segment', deps.random);
  const dek = deps.random(DEK_LENGTH);
  const key = createStreamKey(streamSecret(deps.ledger.channel, place, segmentId, dek), deps.random);
  const header = encodeContentHeader({ contentType: facts.contentType });
  const secret = {
    facts,
    ...place,
    segmentId,
    dek: encodeBase64url(dek),
    streamHeader: encodeBase64url(key.header),
    salt: encodeBase64url(deps.random(SALT_BYTES)),
    begunAtMs: deps.nowMs(),
  };
  const expiresAtMs = deps.nowMs() + IDLE_MS;
  const received = header.length;
  const upload = { uploadId, owner: ownerOf(actor), secret, received, expiresAtMs, isClosed: false };
  deps.uploadJournal.create(upload, header);
  return stateOf(upload);
}

async function append(
  deps: Deps,
  upload: JournalledUpload,
  offset: number,
  body: AsyncIterable<Uint8Array>,
): Promise<UploadState> {
  const { uploadId } = upload;
  requireInTime(deps, upload);
  if (upload.isClosed) throw new DomainError('CONFLICT', 'this upload is complete');
  if (offset !== stateOf(upload).offset)
    throw new DomainError('CONFLICT', 'the upload is at another offset; ask for it');
  const filling = new Filling(deps, upload);
  try {
    for await (const piece of body) await filling.add(piece);
  } finally {
    // Whatever came is kept, also when the client went away in the middle.
    filling.save();
  }
  const saved = deps.uploadJournal.find(uploadId);
  return stateOf(saved ?? upload);
}

async function complete(
  deps: Deps,
  actor: Actor,
  upload: JournalledUpload,
  size: number,
): Promise<StoredRecord> {
  if (upload.answer !== undefined) return upload.answer;
  const { uploadId } = upload;
  const finished = await finishNoted(deps, askAs(deps, actor), upload);
  if (finished !== undefined) return finished;
  requireInTime(deps, upload);
  if (stateOf(upload).offset !== size)
    throw new DomainError('CONFLICT', 'the upload does not have that size; ask for its offset');
  if (!upload.isClosed) await new Filling(deps, upload).flush(true);
  const sealed = sealedOf(deps, upload);
  const manifest = manifestOf(deps.ledger, placeIn(upload.secret), upload.secret.facts.handle, [sealed]);
  const pinned = Promise.resolve();
  const answer = await anchorVersion(deps, actor, { manifest, segments: [sealed], pinned }, (noted) => {
    deps.uploadJournal.note(uploadId, noted);
  });
  deps.uploadJournal.finish(upload, answer);
  return answer;
}

/** The answer of an upload whose registration an earlier try began and the ledger has. */
async function finishNoted(
  deps: Deps,
  ask: AskVersion,
  { uploadId, secret, noted }: JournalledUpload,
): Promise<StoredRecord | undefined> {
  const committed = noted && (await findCommitted(ask, noted));
  if (noted === undefined || committed === undefined) return undefined;
  deps.parts.registered(deps.uploadJournal.parts(uploadId).map(({ cid }) => cid));
  const answer = { ...noted, txId: committed.txId };
  deps.uploadJournal.finish({ uploadId, secret }, answer);
  return answer;
}

function sealedOf(deps: Deps, { uploadId, secret }: JournalledUpload): SealedSegment {
  const key = streamKeyOf(deps, { secret });
  const put = deps.uploadJournal.parts(uploadId).map(({ cid, size, sha256, tag }) => ({
    part: { cid, size, sha256: toBase64Url(sha256) },
    sha256,
    tag,
  }));
  const { category, class: kind, month } = secret.facts;
  const plan = { segmentId: segmentIn(secret), category, class: kind, month, securityLabels: [] };
  return {
    segment: segmentOf(plan, key, put, decodeBase64url(secret.salt)),
    dek: decodeBase64url(secret.dek),
  };
}

/** Ends an upload: if the ledger has it, its record stands; if it may come to have it, CONFLICT; else its parts are given back. */
async function end(deps: Deps, upload: JournalledUpload): Promise<void> {
  const { uploadId, answer } = upload;
  const [first] = deps.uploadJournal.parts(uploadId);
  const orderedAtMs = first && deps.parts.orderedAt(first.cid);
  const isSettled = orderedAtMs === undefined || (await readSettled(deps))(orderedAtMs);
  const ask: AskVersion = (place) => deps.ledger.askOwnPeer('record:Get', place);
  const finished = answer ?? (await finishNoted(deps, ask, upload));
  if (finished !== undefined) deps.uploadJournal.remove(uploadId);
  else if (!isSettled)
    throw new DomainError('CONFLICT', 'the upload may still be registered; try again in half an hour');
  else await discard(deps, uploadId);
}

/** Ends an upload that is past its time as it stands now; answers whether it did. */
async function endExpired(deps: Deps, uploadId: string): Promise<boolean> {
  const upload = deps.uploadJournal.find(uploadId);
  if (upload === undefined || isInTime(deps, upload)) return false;
  await end(deps, upload);
  return true;
}

/** What an act on one of many uploads answers; one that is busy or fails keeps no other one waiting. */
async function isDone({ log }: Deps, act: () => Promise<boolean>): Promise<boolean> {
  try {
    return await act();
  } catch (error) {
    const code = error instanceof DomainError ? error.code : 'INTERNAL';
    log.warn({ code }, 'an upload could not be ended; it is tried again');
    return false;
  }
}

/**
 * Gives an upload's parts back: first its key leaves the disk, then they the node. What fails stays in the journal of
 * parts, and is collected later. A block that another pin keeps is that pin's.
 */
async function discard(deps: Deps, uploadId: string): Promise<void> {
  const { parts, uploadJournal } = deps;
  const cids = uploadJournal.parts(uploadId).map(({ cid }) => cid);
  uploadJournal.remove(uploadId);
  const taken = await tryTakeOff(
    deps,
    cids.map((cid) => ({ cid, blocks: [] })),
  );
  parts.forget(cids.filter((_, index) => taken[index]?.released));
}

function owned({ uploadJournal }: Deps, actor: Actor, uploadId: string): JournalledUpload {
  const upload = uploadJournal.find(uploadId);
  if (upload?.owner !== ownerOf(actor)) throw noSuchUpload();
  return upload;
}

function stateOf({ uploadId, secret, received, expiresAtMs }: JournalledUpload): UploadState {
  const header = encodeContentHeader({ contentType: secret.facts.contentType });
  return { uploadId, offset: received - header.length, expiresAt: instantOf(expiresAtMs) };
}

function ownerOf(actor: Actor): string {
  return actor.kind === 'practitioner' ? actor.practitionerId : actor.kind;
}
