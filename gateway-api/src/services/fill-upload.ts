// SPDX-License-Identifier: Apache-2.0
import { timingSafeEqual } from 'node:crypto';
import {
  DomainError,
  recordId as decodeRecordId,
  segmentId as decodeSegmentId,
} from '@tutela/chaincode/domain';
import {
  commitToKey,
  decodeBase64url,
  encryptPart,
  partPlaintextStart,
  restoreStreamKey,
  streamSaltOf,
  type StreamKey,
} from '@tutela/crypto';
import { whileNamed } from './drop-unreferenced.js';
import type { StoreRecordDeps } from './create-store-record.js';
import { addPart, streamSecret, type SealedSegment, type VersionPlace } from './seal-segment.js';
import { STORE_LIFETIME_MS } from './store-record.js';
import type { JournalledUpload, UploadJournal } from './upload-journal.js';

/** How long an upload waits for its client, in milliseconds. */
export const IDLE_MS = 24 * 3_600_000;

/** What filling an upload needs. */
export type FillingDeps = StoreRecordDeps & Readonly<{ uploadJournal: UploadJournal }>;

/** Collects an upload's bytes into parts; a part goes out once a byte follows it, since only the last one is the last. */
export class Filling {
  readonly #deps: FillingDeps;
  readonly #upload: JournalledUpload;
  readonly #key: StreamKey;
  #part: number;
  #buffer: Buffer;
  #filled: number;
  #isSafe = true;

  constructor(deps: FillingDeps, upload: JournalledUpload) {
    this.#deps = deps;
    this.#upload = upload;
    this.#key = streamKeyOf(deps, upload);
    this.#part = deps.uploadJournal.parts(upload.uploadId).length;
    this.#buffer = Buffer.allocUnsafe(this.#capacity());
    const tail = deps.uploadJournal.tail(upload.uploadId);
    this.#buffer.set(tail);
    this.#filled = tail.length;
  }

  async add(piece: Uint8Array): Promise<void> {
    requireInTime(this.#deps, { expiresAtMs: this.#endsAtMs() });
    for (let offset = 0; offset < piece.length;) {
      if (this.#filled === this.#capacity()) await this.flush(false);
      const taken = piece.subarray(offset, offset + this.#capacity() - this.#filled);
      this.#buffer.set(taken, this.#filled);
      this.#filled += taken.length;
      offset += taken.length;
    }
  }

  /** Stores the collected bytes as the next part. Bytes that differ from an earlier try would reuse a nonce: CONFLICT. */
  async flush(isLast: boolean): Promise<void> {
    const { uploadJournal } = this.#deps;
    const { uploadId, secret } = this.#upload;
    if (this.#filled === 0)
      throw new DomainError('CONFLICT', 'more bytes had been announced; ask for the offset');
    const sealed = encryptPart(this.#key, this.#part, isLast, this.#buffer.subarray(0, this.#filled));
    if (!timingSafeEqual(uploadJournal.firstTag(uploadId, this.#part, sealed.tag), sealed.tag)) {
      this.#isSafe = false;
      throw new DomainError('CONFLICT', 'other bytes were given for this place before; begin a new upload');
    }
    const put = await addPart(this.#deps, placeIn(secret), sealed);
    await this.#deps.storage.pin(put.part.cid, whileNamed(this.#deps));
    uploadJournal.partStored(uploadId, { number: this.#part, put, received: this.#received(), isLast });
    this.#part += 1;
    this.#filled = 0;
    const capacity = this.#capacity();
    if (this.#buffer.length < capacity) this.#buffer = Buffer.allocUnsafe(capacity);
  }

  save(): void {
    if (!this.#isSafe) return;
    const expiresAtMs = Math.min(this.#deps.nowMs() + IDLE_MS, this.#endsAtMs());
    const tail = this.#buffer.subarray(0, this.#filled);
    this.#deps.uploadJournal.saveTail(this.#upload.uploadId, tail, this.#received(), expiresAtMs);
  }

  #endsAtMs(): number {
    return this.#upload.secret.begunAtMs + STORE_LIFETIME_MS;
  }

  #received(): number {
    return partPlaintextStart(this.#key, this.#part) + this.#filled;
  }

  #capacity(): number {
    return partPlaintextStart(this.#key, this.#part + 1) - partPlaintextStart(this.#key, this.#part);
  }
}

/** Whether an upload may still go on; what is past its time may be ended at any moment. */
export function isInTime(
  { nowMs }: Pick<FillingDeps, 'nowMs'>,
  { expiresAtMs }: Pick<JournalledUpload, 'expiresAtMs'>,
): boolean {
  return nowMs() <= expiresAtMs;
}

/** Answers an upload that is past its time as one that has ended. */
export function requireInTime(
  deps: Pick<FillingDeps, 'nowMs'>,
  upload: Pick<JournalledUpload, 'expiresAtMs'>,
): void {
  if (!isInTime(deps, upload)) throw noSuchUpload();
}

/** What an upload that has ended, or is another's, answers. */
export function noSuchUpload(): DomainError {
  return new DomainError('NOT_FOUND', 'no such upload');
}

/** The key under which an upload is encrypted, the same at every try. */
export function streamKeyOf(
  { ledger }: Pick<FillingDeps, 'ledger'>,
  { secret }: Pick<JournalledUpload, 'secret'>,
): StreamKey {
  const [dek, header] = [decodeBase64url(secret.dek), decodeBase64url(secret.streamHeader)];
  const commitment = commitToKey(dek, streamSaltOf(header));
  return restoreStreamKey(
    streamSecret(ledger.channel, placeIn(secret), segmentIn(secret), dek),
    header,
    commitment,
  );
}

/** The version that an upload becomes. */
export function placeIn({ recordId, version }: JournalledUpload['secret']): VersionPlace {
  return { recordId: decodeRecordId(recordId, 'recordId'), version };
}

/** The segment that an upload becomes. */
export function segmentIn({ segmentId }: JournalledUpload['secret']): SealedSegment['segment']['segmentId'] {
  return decodeSegmentId(segmentId, 'segmentId');
}
