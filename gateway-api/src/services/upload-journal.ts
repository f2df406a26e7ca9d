// SPDX-License-Identifier: Apache-2.0
import { openAtRest, sealAtRest, utf8 } from '@tutela/crypto';
import { bytesOf, numberOf, textOf } from '../state/columns.js';
import { atomically, eraseDeleted } from '../state/open-state.js';
import type { ServiceDeps } from './service-deps.js';
import type { ContentFacts, StoredRecord } from './store-record.js';
import type { PutPart } from './seal-segment.js';

/** What an upload is, apart from its bytes; sealed on disk, since it holds the data key until it is finished. Bytes are base64url. */
export type UploadSecret = Readonly<{
  facts: ContentFacts;
  recordId: string;
  version: number;
  segmentId: string;
  dek: string;
  streamHeader: string;
  salt: string;
  begunAtMs: number;
}>;

/** What an upload is answered once it is registered. */
type Answer = Omit<StoredRecord, 'txId'>;

/** An upload as it stands; `received` counts plaintext with its header, `tail` is what fills no part yet. */
export type JournalledUpload = Readonly<{
  uploadId: string;
  owner: string;
  secret: UploadSecret;
  received: number;
  expiresAtMs: number;
  /** The last part is stored; nothing can follow. */
  isClosed: boolean;
  /** What it is answered if the registration that was ordered last is committed. */
  noted?: Answer;
  answer?: StoredRecord;
}>;

type Deps = Pick<ServiceDeps, 'state' | 'secretKey' | 'random'>;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS upload (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, secret BLOB NOT NULL, received INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, tail BLOB NOT NULL, closed INTEGER NOT NULL DEFAULT 0, noted BLOB, answer BLOB);
  CREATE TABLE IF NOT EXISTS upload_part (
    upload TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE, number INTEGER NOT NULL,
    tag BLOB NOT NULL, sha256 BLOB, cid TEXT, size INTEGER, PRIMARY KEY (upload, number))`;

/** Uploads on disk: every change is there when its call returns, so that a killed gateway goes on where it was. */
export class UploadJournal {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
    deps.state.exec(SCHEMA);
  }

  create(upload: Omit<JournalledUpload, 'noted' | 'answer'>, tail: Uint8Array): void {
    const { uploadId, owner, secret, received, expiresAtMs } = upload;
    const insert =
      'INSERT INTO upload (id, owner, secret, received, expires_at, tail) VALUES (?, ?, ?, ?, ?, ?)';
    const sealed = [this.#seal(uploadId, 'secret', secret), this.#sealBytes(uploadId, 'tail', tail)] as const;
    this.#deps.state.prepare(insert).run(uploadId, owner, sealed[0], received, expiresAtMs, sealed[1]);
  }

  find(uploadId: string): JournalledUpload | undefined {
    const query =
      'SELECT id, owner, secret, received, expires_at, closed, noted, answer FROM upload WHERE id = ?';
    const row = this.#deps.state.prepare(query).get(uploadId);
    return row === undefined ? undefined : this.#uploadOf(row);
  }

  /** The ids of uploads that had no activity in their time. */
  expiredAt(ms: number): readonly string[] {
    return this.#deps.state
      .prepare('SELECT id FROM upload WHERE expires_at < ?')
      .all(ms)
      .map((row) => textOf(row['id']));
  }

  tail(uploadId: string): Uint8Array {
    const row = this.#deps.state.prepare('SELECT tail FROM upload WHERE id = ?').get(uploadId);
    return this.#openBytes(uploadId, 'tail', bytesOf(row?.['tail']));
  }

  saveTail(uploadId: string, tail: Uint8Array, received: number, expiresAtMs: number): void {
    const update = 'UPDATE upload SET tail = ?, received = ?, expires_at = ? WHERE id = ?';
    this.#deps.state
      .prepare(update)
      .run(this.#sealBytes(uploadId, 'tail', tail), received, expiresAtMs, uploadId);
  }

  /** The tag under which a part's plaintext was first encrypted, noting this one if it is the first. */
  firstTag(uploadId: string, number: number, tag: Uint8Array): Uint8Array {
    const { state } = this.#deps;
    const insert = 'INSERT INTO upload_part (upload, number, tag) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
    state.prepare(insert).run(uploadId, number, tag);
    const row = state
      .prepare('SELECT tag FROM upload_part WHERE upload = ? AND number = ?')
      .get(uploadId, number);
    return bytesOf(row?.['tag']);
  }

  /** A part is stored: it counts, and what of it lay in the tail goes, at once. */
  partStored(
    uploadId: string,
    stored: Readonly<{ number: number; put: PutPart; received: number; isLast: boolean }>,
  ): void {
    const { state } = this.#deps;
    const { number, put, received, isLast } = stored;
    const { part, sha256 } = put;
    atomically(state, () => {
      const update = 'UPDATE upload_part SET sha256 = ?, cid = ?, size = ? WHERE upload = ? AND number = ?';
      state.prepare(update).run(sha256, part.cid, part.size, uploadId, number);
      const sealed = this.#sealBytes(uploadId, 'tail', new Uint8Array(0));
      const progress = 'UPDATE upload SET tail = ?, received = ?, closed = ? WHERE id = ?';
      state.prepare(progress).run(sealed, received, isLast ? 1 : 0, uploadId);
    });
  }

  /** Stored parts in order, with the digests of which the manifest is made. */
  parts(
    uploadId: string,
  ): readonly Readonly<{ cid: string; size: number; sha256: Uint8Array; tag: Uint8Array }>[] {
    const query =
      'SELECT cid, size, sha256, tag FROM upload_part WHERE upload = ? AND cid IS NOT NULL ORDER BY number';
    return this.#deps.state
      .prepare(query)
      .all(uploadId)
      .map((row) => ({
        cid: textOf(row['cid']),
        size: numberOf(row['size']),
        sha256: bytesOf(row['sha256']),
        tag: bytesOf(row['tag']),
      }));
  }

  note(uploadId: string, noted: Answer): void {
    const update = 'UPDATE upload SET noted = ? WHERE id = ?';
    this.#deps.state.prepare(update).run(this.#seal(uploadId, 'noted', noted), uploadId);
  }

  /** The upload is anchored: its answer stays for who asks again, and what opens its content is gone from the disk. */
  finish({ uploadId, secret }: Pick<JournalledUpload, 'uploadId' | 'secret'>, answer: StoredRecord): void {
    const { state } = this.#deps;
    const spent: UploadSecret = { ...secret, dek: '', streamHeader: '', salt: '' };
    const update = 'UPDATE upload SET answer = ?, secret = ?, tail = ?, noted = NULL WHERE id = ?';
    state
      .prepare(update)
      .run(
        this.#seal(uploadId, 'answer', answer),
        this.#seal(uploadId, 'secret', spent),
        this.#sealBytes(uploadId, 'tail', new Uint8Array(0)),
        uploadId,
      );
    eraseDeleted(state);
  }

  /** The upload is over, and what opens its content is gone from the disk. */
  remove(uploadId: string): void {
    this.#deps.state.prepare('DELETE FROM upload WHERE id = ?').run(uploadId);
    eraseDeleted(this.#deps.state);
  }

  #uploadOf(row: Record<string, unknown>): JournalledUpload {
    const uploadId = textOf(row['id']);
    const open = (column: string): unknown => this.#open(uploadId, column, bytesOf(row[column]));
    return {
      uploadId,
      owner: textOf(row['owner']),
      secret: open('secret') as UploadSecret,
      received: numberOf(row['received']),
      expiresAtMs: numberOf(row['expires_at']),
      isClosed: numberOf(row['closed']) === 1,
      ...(row['noted'] !== null && {
        noted: notedIn(open('noted') as Answer | Readonly<{ answer: Answer }>),
      }),
      ...(row['answer'] !== null && { answer: open('answer') as StoredRecord }),
    };
  }

  #seal(uploadId: string, column: string, value: object): Uint8Array {
    return this.#sealBytes(uploadId, column, utf8(JSON.stringify(value)));
  }

  /** What this gateway sealed itself has the shape in which it was sealed. */
  #open(uploadId: string, column: string, sealed: Uint8Array): unknown {
    return JSON.parse(new TextDecoder().decode(this.#openBytes(uploadId, column, sealed)));
  }

  #sealBytes(uploadId: string, column: string, bytes: Uint8Array): Uint8Array {
    const { secretKey, random } = this.#deps;
    return sealAtRest({ key: secretKey }, bytes, placeOf(uploadId, column), random);
  }

  #openBytes(uploadId: string, column: string, sealed: Uint8Array): Uint8Array {
    return openAtRest({ key: this.#deps.secretKey }, sealed, placeOf(uploadId, column));
  }
}

/** An earlier version noted the answer with a time. */
function notedIn(value: Answer | Readonly<{ answer: Answer }>): Answer {
  return 'answer' in value ? value.answer : value;
}

function placeOf(uploadId: string, column: string): Uint8Array {
  return utf8(`gateway-upload:${uploadId}:${column}`);
}
