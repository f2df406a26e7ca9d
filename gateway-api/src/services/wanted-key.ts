// SPDX-License-Identifier: Apache-2.0
import { DomainError, type CustodianSet, type SegmentRef } from '@tutela/chaincode/domain';
import {
  CryptoError,
  decodeBase64url,
  findFalseShares,
  recoverKey,
  type CapsuleShare,
  type Recovery,
} from '@tutela/crypto';
import { CorruptContent } from './corrupt-content.js';

/** A capsule to be opened: where it stands, its label recomputed from the ledger, and how its key is known. */
export type WantedKey = Readonly<{
  ref: SegmentRef;
  label: Uint8Array;
  capsule: Uint8Array;
  accepts: (key: Uint8Array) => boolean;
}>;

/** What came of some shares: the key unless too few were true, and the indices of those that are proven false. */
export type Combined = Readonly<{ key?: Uint8Array; falseIndices: readonly number[] }>;

/**
 * Combines shares of one set's epoch to the key of a capsule. Throws CONTENT_CORRUPT when shares that are all proven give
 * a key that does not fit the content: then its author made a bad capsule.
 */
export function wantedKeyOf(set: CustodianSet, wanted: WantedKey, shares: readonly CapsuleShare[]): Combined {
  const recovery = recoveryOf(set, wanted, shares);
  try {
    return recoverKey(recovery);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    const { ref } = wanted;
    if (cause.code === 'SHARE_SET') return { falseIndices: findFalseShares(recovery) };
    if (cause.code === 'KEY_COMMITMENT')
      throw new CorruptContent('the key of this content does not fit it', { ref, cause });
    throw new DomainError('CAPSULE_INVALID', 'the capsule on the ledger is none', { cause });
  }
}

function recoveryOf(
  set: CustodianSet,
  { capsule, label, accepts }: WantedKey,
  shares: readonly CapsuleShare[],
): Recovery {
  return {
    context: { publicKey: decodeBase64url(set.publicKey), label },
    capsule,
    epoch: set.epoch,
    threshold: set.threshold,
    verificationKeys: keysByIndex(set),
    shares,
    accepts,
  };
}

/** Verification keys with index i at position i − 1, whatever order the members stand in. */
function keysByIndex({ members, verificationKeys }: CustodianSet): readonly Uint8Array[] {
  const byIndex: Uint8Array[] = [];
  for (const [position, { index }] of members.entries()) {
    const key = verificationKeys[position];
    if (key !== undefined) byIndex[index - 1] = decodeBase64url(key);
  }
  return byIndex;
}
