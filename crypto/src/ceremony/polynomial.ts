// SPDX-License-Identifier: Apache-2.0
import type { RandomBytes } from '../bytes.js';
import { CryptoError } from '../errors.js';
import type { Group } from '../kernel/group.js';
import { decodePoint } from '../kernel/noble-group.js';
import { indexScalar } from '../kernel/scalar.js';

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

/** Value of the committed polynomial at an index, times G: Σ_k index^k · C_k. Throws `ELEMENT` for the identity. */
export function evaluateCommitments(commitments: readonly Uint8Array[], index: number): Uint8Array {
  const [highest, ...lower] = commitments.map(decodePoint).reverse();
  if (highest === undefined) throw new CryptoError('DEALING', 'dealing has no commitments');
  const value = lower.reduce((sum, commitment) => sum.multiplyUnsafe(BigInt(index)).add(commitment), highest);
  if (value.is0()) throw new CryptoError('ELEMENT', 'committed value is the identity');
  return value.toBytes();
}
