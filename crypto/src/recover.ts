// SPDX-License-Identifier: Apache-2.0
import { combineShares, decodeCapsule, verifyShare } from './custody.js';
import { CryptoError } from './errors.js';
import type { CapsuleContext, CapsuleShare } from './kernel/tdh2.js';

/** What a reader has when custodians have answered. */
export interface Recovery {
  readonly context: CapsuleContext;
  readonly capsule: Uint8Array;
  readonly epoch: number;
  readonly threshold: number;
  /** Verification key of index i of that epoch at position i − 1. */
  readonly verificationKeys: readonly Uint8Array[];
  readonly shares: readonly CapsuleShare[];
  /** Whether a key fits the commitment in the manifest. */
  readonly accepts: (key: Uint8Array) => boolean;
}

/** The key, if one came out, and the indices whose share is proven false. */
export interface Recovered {
  readonly key: Uint8Array;
  readonly falseIndices: readonly number[];
}

/**
 * Combines the first shares optimistically and verifies each one only when the key does not fit.
 * Throws `SHARE_SET` with too few valid shares, and `KEY_COMMITMENT` when enough valid shares give a key
 * that does not fit: then the author made a bad capsule.
 */
export function recoverKey(recovery: Recovery): Recovered {
  const { context, capsule, threshold, accepts } = recovery;
  const usable = distinctShares(recovery);
  if (usable.length >= threshold) {
    const key = tryCombine(context, capsule, usable.slice(0, threshold));
    if (key !== undefined && accepts(key)) return { key, falseIndices: [] };
  }
  const falseIndices = findFalseShares(recovery);
  const valid = usable.filter(({ index }) => !falseIndices.includes(index));
  if (valid.length < threshold) throw new CryptoError('SHARE_SET', 'too few valid shares');
  const key = combineShares(context, capsule, valid.slice(0, threshold), threshold);
  if (!accepts(key)) throw new CryptoError('KEY_COMMITMENT', 'valid shares give a key that does not fit');
  return { key, falseIndices };
}

/** Indices whose share does not verify: evidence that anyone can check again. */
export function findFalseShares(recovery: Omit<Recovery, 'accepts' | 'threshold'>): readonly number[] {
  const { u } = decodeCapsule(recovery.capsule);
  return distinctShares(recovery)
    .filter((share) => !isShareValid(recovery, u, share))
    .map(({ index }) => index);
}

function isShareValid(
  { context, verificationKeys }: Omit<Recovery, 'accepts' | 'threshold'>,
  u: Uint8Array,
  share: CapsuleShare,
): boolean {
  const verificationKey = verificationKeys[share.index - 1];
  if (verificationKey === undefined) return false;
  return orOnRefusal(() => verifyShare(share, { verificationKey, label: context.label, u }), false);
}

function distinctShares({
  shares,
  epoch,
  verificationKeys,
}: Omit<Recovery, 'accepts' | 'threshold'>): readonly CapsuleShare[] {
  const known = shares.filter(
    (share) => share.epoch === epoch && verificationKeys[share.index - 1] !== undefined,
  );
  return [...new Map(known.map((share) => [share.index, share])).values()];
}

function tryCombine(
  context: CapsuleContext,
  capsule: Uint8Array,
  shares: readonly CapsuleShare[],
): Uint8Array | undefined {
  return orOnRefusal(() => combineShares(context, capsule, shares, shares.length), undefined);
}

function orOnRefusal<T, U>(attempt: () => T, otherwise: U): T | U {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof CryptoError) return otherwise;
    throw error;
  }
}
