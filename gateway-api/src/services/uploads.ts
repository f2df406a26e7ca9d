// SPDX-License-Identifier: Apache-2.0
import type { Actor } from '../ledger/actor.js';
import type { Attempt } from './attempt.js';
import type { ContentFacts, StoredRecord } from './store-record.js';

/** An upload as its client sees it; `offset` is the number of plaintext bytes that are safe. */
export type UploadState = Readonly<{ uploadId: string; offset: number; expiresAt: string }>;

/** Uploads that go on after an interruption of client, network or gateway. Only the practitioner who began one sees it. */
export interface Uploads {
  begin(actor: Actor, facts: ContentFacts, attempt: Attempt): Promise<UploadState>;
  state(actor: Actor, uploadId: string): Promise<UploadState>;
  /**
   * Takes bytes from `offset` on and answers the new offset: go on from there. CONFLICT when `offset` is not the upload's, or another append is under way.
   * Bytes that differ from ones given before for the same place are refused with CONFLICT; an upload past its time is NOT_FOUND.
   */
  append(
    actor: Actor,
    uploadId: string,
    offset: number,
    body: AsyncIterable<Uint8Array>,
  ): Promise<UploadState>;
  /**
   * Anchors the upload, whose plaintext must have `size` bytes; repeating it answers the same. An upload that is past its
   * time and not registered is NOT_FOUND.
   */
  complete(actor: Actor, uploadId: string, size: number): Promise<StoredRecord>;
  /** Ends an upload and gives its parts back, but for those of a record; CONFLICT while its registration may still be committed. */
  abandon(actor: Actor, uploadId: string): Promise<void>;
  /** Ends the uploads that are past their time, as {@link abandon} does; answers how many. */
  expire(): Promise<number>;
}
