// SPDX-License-Identifier: Apache-2.0
import { integer, object, type Decoded } from './decode.js';
import { DomainError } from './errors.js';
import { listErasures, type Erasure } from './erasure.js';
import { bytes32, recordId, type EnrolmentId, type MspId } from './ids.js';
import type { Manifest, RecordVersion, Segment } from './record.js';

const place = { recordId, version: integer(1, 1_000_000) };

/** Arguments of `record:Retire` and `record:GetRetirement`: a version whose content a newer one has under new keys. */
export const retireVersion = object(place);
export type RetireVersion = Decoded<typeof retireVersion>;

/** Arguments of `record:ConfirmRetirement`: this hospital holds none of the version's blocks any more. */
export const confirmRetirement = object({
  ...place,
  blocksRemoved: integer(0, 10_000_000),
  blocksHash: bytes32,
});

/** Arguments of `record:ListRetirements`, as those of `record:ListErasures`. */
export const listRetirements = listErasures;
export type RetirementPage = Readonly<{ retirements: readonly Retirement[]; bookmark?: string }>;

/** One version put out of use after its content was sealed anew, and each hospital's confirmation. */
export type Retirement = Readonly<
  RetireVersion &
    Pick<Erasure, 'v' | 'orderedAt' | 'txId' | 'confirmations' | 'complete'> & {
      /** The version that has the content now. */
      replacedBy: number;
      handle: RecordVersion['ownerHandle'];
      by: Readonly<{ mspId: MspId; practitionerId: EnrolmentId }>;
    }
>;
/** The order as it was given; confirmations have keys of their own. */
export type RetirementOrder = Omit<Retirement, 'confirmations' | 'complete'>;

/**
 * Throws CONFLICT unless the newer manifest can be the older one sealed anew: segment by segment of the same kind
 * and size, and nothing of the old left in it, neither a key commitment nor a part of its ciphertext.
 */
export function requireReseal(older: Manifest, newer: Manifest): void {
  if (newer.segments.length !== older.segments.length || !older.segments.every(isLike(newer.segments)))
    throw new DomainError('CONFLICT', 'the newer version is not this one sealed anew');
  const old = new Set(older.segments.flatMap(fingerprints));
  if (newer.segments.flatMap(fingerprints).some((one) => old.has(one)))
    throw new DomainError('CONFLICT', 'the newer version still uses a key or a part of this one');
}

function isLike(newer: readonly Segment[]): (segment: Segment, position: number) => boolean {
  return (segment, position) => {
    const other = newer[position];
    return other !== undefined && kindOf(other) === kindOf(segment);
  };
}

function kindOf({ class: of, category, dateBucket, size, securityLabels, layers }: Segment): string {
  return [of, category, dateBucket, size, ...securityLabels, '', ...layers].join(' ');
}

function fingerprints({ com, parts }: Segment): readonly string[] {
  return [com, ...parts.flatMap(({ cid, sha256 }) => [cid, sha256])];
}
