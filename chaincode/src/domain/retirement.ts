// SPDX-License-Identifier: Apache-2.0
import { integer, object, oneOf, text, type Decoded } from './decode.js';
import { DomainError } from './errors.js';
import { listErasures, type Erasure } from './erasure.js';
import {
  bytes32,
  guardianId,
  handle,
  nonce,
  p256Signature,
  recordId,
  txId,
  type EnrolmentId,
  type GuardianId,
  type MspId,
  type TxId,
} from './ids.js';
import type { Manifest, RecordVersion, Segment } from './record.js';
import type { PublicDelay } from './sighting.js';
import { instant, type Instant } from './time.js';

/** How long after t hospitals have seen a retirement that the patient did not sign the version is destroyed, in milliseconds. */
export const RETIREMENT_DELAY_MS = 7 * 24 * 3_600_000;

/** How many retirements of one author's hospital wait for one patient at a time: each of them is a notice. */
export const MAX_WAITING_RETIREMENTS = 32;

const place = { recordId, version: integer(1, 1_000_000) };

/** Arguments of `record:GetRetirement`: a version whose content a newer one has under new keys. */
export const retiredVersion = object(place);
export type RetiredVersion = Decoded<typeof retiredVersion>;

const about = { channel: text(64, /^[a-z0-9.-]+$/), handle, ...place, signedAt: instant, nonce };
/**
 * What the patient signs so that a version is destroyed at once, now that the next one has its content under new keys:
 * `manifestHash` is that of the next one, so that nothing else can take the place of what was looked at. Version 2 added
 * it.
 */
export const retirementStatement = object({
  ...{ v: oneOf(2), kind: oneOf('retirement'), ...about },
  manifestHash: bytes32,
});
export const signedRetirement = object({ statement: retirementStatement, signature: p256Signature });
export type SignedRetirement = Decoded<typeof signedRetirement>;
/** Arguments of `record:Retire`; without the patient's signature the version is destroyed only after the delay. */
export const retireVersion = object(place, { patient: signedRetirement });
export type RetireVersion = Decoded<typeof retireVersion>;

/** Exactly one order. Arguments of `record:CompleteRetirement`. */
const named = { ...place, orderTxId: txId };
export const namedRetirement = object(named);
export type NamedRetirement = Decoded<typeof namedRetirement>;

/** What the patient, or a guardian, signs to keep a version that is to be destroyed. */
export const retirementObjection = object(
  { v: oneOf(1), kind: oneOf('retirement-objection'), ...about, orderTxId: txId },
  { guardianId },
);
export const signedObjection = object({ statement: retirementObjection, signature: p256Signature });
export type SignedObjection = Decoded<typeof signedObjection>;
/** Arguments of `record:CancelRetirement`; without an objection somebody of the author's hospital cancels. */
export const cancelRetirement = object(named, { objection: signedObjection });

/** Arguments of `record:ConfirmRetirement`: this hospital holds none of the version's blocks any more. */
export const confirmRetirement = object({
  ...place,
  blocksRemoved: integer(0, 10_000_000),
  blocksHash: bytes32,
});

/** Arguments of `record:ListRetirements`, as those of `record:ListErasures`. */
export const listRetirements = listErasures;
export type RetirementPage = Readonly<{ retirements: readonly Retirement[]; bookmark?: string }>;

/** An order to destroy one version after its content was sealed anew; the confirmations have keys of their own. */
export type RetirementOrder = Readonly<
  RetiredVersion &
    Pick<Erasure, 'v' | 'orderedAt' | 'txId'> & {
      /** The version that has the content now. */
      replacedBy: number;
      handle: RecordVersion['ownerHandle'];
      by: Readonly<{ mspId: MspId; practitionerId: EnrolmentId }>;
      /** Absent while the version stands and can still be kept. */
      ended?: Readonly<{
        as: 'completed' | 'cancelled';
        at: Instant;
        txId: TxId;
        /** That the patient or a guardian objected: then only the patient's own signature retires the version. */
        objection?: true;
        guardianId?: GuardianId;
      }>;
    }
>;
/** An order, how far its delay has come while it waits, and each hospital's confirmation once it is completed. */
export type Retirement = RetirementOrder & Partial<PublicDelay> & Pick<Erasure, 'confirmations' | 'complete'>;

/** A retirement as it is ordered: nobody has confirmed it yet. */
export function newRetirement(order: RetirementOrder): Retirement {
  return { ...order, confirmations: {}, complete: false };
}

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
