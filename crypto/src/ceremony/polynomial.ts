// SPDX-License-Identifier: Apache-2.0
import type { RandomBytes } from '../bytes.js';
import { CryptoError, demand } from '../errors.js';
import type { Group } from '../kernel/group.js';
import { decodePoint, type Point, scalePoint } from '../kernel/noble-group.js';
import { indexScalar } from '../kernel/scalar.js';

/** A polynomial by its coefficients times G, lowest first, decoded once for all indices. */
export type CommittedPolynomial = readonly Point[];

/** Random coefficients of a polynomial of degree `threshold` − 1, lowest first, with a given or random constant. */
export function randomPolynomial(
  group: Group,
  threshold: number,
  random: RandomBytes,
  constant: Uint8Array = group.reduceScalar(random(64)),
): readonly Uint8Array[] {
  return [constant, ...Array.from({ length: threshold - 1 }, () => group.reduceScalar(random(64)))];
}

/** Value of a secret polynomial at a member's index. */
export function evaluate(group: Group, coefficients: readonly Uint8Array[], index: number): Uint8Array {
  const at = indexScalar(index);
  return coefficients.reduceRight(
    (value, coefficient) => group.addScalars(group.multiplyScalars(value, at), coefficient),
    new Uint8Array(32),
  );
}

/** Decodes commitments; throws `ELEMENT` or `LENGTH` for one that is no element, or the identity. */
export function decodeCommitments(commitments: readonly Uint8Array[]): CommittedPolynomial {
  return commitments.map(decodePoint);
}

/** Value of the committed polynomial at an index, times G: Σ_k index^k · C_k. Throws `ELEMENT` for the identity. */
export function evaluateCommitments(polynomial: CommittedPolynomial, index: number): Point {
  const [highest, ...lower] = polynomial.toReversed();
  if (highest === undefined) throw new CryptoError('DEALING', 'dealing has no commitments');
  const value = lower.reduce((sum, commitment) => sum.multiplyUnsafe(BigInt(index)).add(commitment), highest);
  demand(!value.is0(), 'ELEMENT', 'committed value is the identity');
  return value;
}

/** A committed polynomial times a public scalar. */
export function scaleCommitments(scalar: Uint8Array, polynomial: CommittedPolynomial): CommittedPolynomial {
  return polynomial.map((commitment) => scalePoint(scalar, commitment));
}

/** The sum of two committed polynomials of one degree; its coefficients, unlike its values, may be the identity. */
export function addCommitments(a: CommittedPolynomial, b: CommittedPolynomial): CommittedPolynomial {
  return a.map((commitment, k) => {
    const other = b[k];
    if (other === undefined) throw new CryptoError('DEALING', 'commitments of another threshold');
    return commitment.add(other);
  });
}
