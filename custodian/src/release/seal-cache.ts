// SPDX-License-Identifier: Apache-2.0
import { segmentNameOf, type ReleasedObject, type SegmentRef } from '@tutela/chaincode/domain';

/** A share sealed to a session key, and its hash; base64url. */
export type SealedShare = Readonly<{ sealed: string; shareHash: string }>;

/** What was asked for, by an intent's id or a request's hash, in which segment, and what was found there. */
export type SealPlace = Readonly<{ asked: string; segment: SegmentRef; of: ReleasedObject }>;

const MAX_ENTRIES = 10_000;

/**
 * Shares that were sealed already for one hospital. A repeated question gets the same share, after the same checks: the
 * cache spares no decision. Where the own peer has another capsule by then, that is another place.
 */
export class SealCache {
  readonly #entries = new Map<string, SealedShare>();

  /** The share of a place, made if it is asked for first. */
  get({ asked, segment, of }: SealPlace, make: () => SealedShare): SealedShare {
    const name = [asked, segmentNameOf(segment), of.label, of.capsuleHash, of.transcriptHash].join('/');
    const found = this.#entries.get(name) ?? make();
    this.#entries.delete(name);
    this.#entries.set(name, found);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
    return found;
  }
}
