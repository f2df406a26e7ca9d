// SPDX-License-Identifier: Apache-2.0
import type { ReleaseContext, Segment } from '@tutela/chaincode/domain';
import { decodeBase64url, type SecretShare } from '@tutela/crypto';
import { openSegment, type FoundSegment, type OpenedSegment } from './open-segment.js';

type ShareOf = (set: ReleaseContext['custodians']) => SecretShare;

/**
 * Check 8 for the segments of one reading of the ledger, each once: a share that was made while the intent was awaited,
 * or when it was asked for before, is the one that is released, if the same reading decides. Another reading has other
 * objects, and shares of its own.
 */
export class SegmentShares {
  readonly #made = new WeakMap<Segment, OpenedSegment>();

  /** What is released of a segment; throws CUSTODY_INACTIVE, LABEL_MISMATCH or CAPSULE_INVALID. */
  of(found: FoundSegment, set: ReleaseContext['custodians'], shareOf: ShareOf): OpenedSegment {
    const made = this.#made.get(found.segment);
    if (made !== undefined) return made;
    const publicKey = decodeBase64url(set.publicKey, 32);
    const opened = openSegment(found, { publicKey, share: shareOf(set) });
    this.#made.set(found.segment, opened);
    return opened;
  }
}
