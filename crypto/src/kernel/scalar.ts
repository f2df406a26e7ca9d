// SPDX-License-Identifier: Apache-2.0
import { ristretto255 } from '@noble/curves/ed25519.js';

import { demandLength } from '../bytes.js';
import { CryptoError, demand } from '../errors.js';

const { Fn } = ristretto255.Point;
const ORDER = Fn.toBytes(Fn.neg(1n)).map((byte, i) => (i === 0 ? byte + 1 : byte));

/** Refuses a scalar that is zero, not reduced modulo the group order, or not 32 bytes long. */
export function demandScalar(bytes: Uint8Array): Uint8Array {
  demandReduced(bytes);
  demand(
    bytes.some((byte) => byte !== 0),
    'SCALAR',
    'scalar is zero',
  );
  return bytes;
}

/** Refuses a scalar that is not reduced modulo the group order or not 32 bytes long. */
export function demandReduced(bytes: Uint8Array): Uint8Array {
  demandLength(bytes, 32, 'scalar');
  demand(isReduced(bytes), 'SCALAR', 'scalar is not reduced');
  return bytes;
}

// Subtracts the order with a borrow over all bytes: secret scalars pass here too.
function isReduced(bytes: Uint8Array): boolean {
  let borrow = 0;
  for (const [i, byte] of bytes.entries()) borrow = byte - (ORDER[i] ?? 0) - borrow < 0 ? 1 : 0;
  return borrow === 1;
}

/** A small public integer as a scalar. */
export function indexScalar(value: number): Uint8Array {
  return integerScalar(BigInt(value));
}

/** Lagrange coefficient at zero of one index within a set of distinct indices (public values only). */
export function lagrangeAtZero(index: number, indices: readonly number[]): Uint8Array {
  const { numerators, denominator } = lagrangeFractions(indices);
  const numerator = numerators[indices.indexOf(index)];
  if (numerator === undefined) throw new CryptoError('SHARE_SET', 'an index is not in the set');
  return Fn.toBytes(Fn.div(Fn.create(numerator), Fn.create(denominator)));
}

/**
 * The Lagrange coefficients at zero of distinct indices as integers over one positive denominator, in the order of the
 * indices (public values only). Of neighbours the denominator is 1 and the numerators are small.
 */
export function lagrangeFractions(
  indices: readonly number[],
): Readonly<{ numerators: readonly bigint[]; denominator: bigint }> {
  demand(new Set(indices).size === indices.length, 'SHARE_SET', 'indices repeat');
  const fractions = indices.map((index) => {
    const others = indices.filter((other) => other !== index);
    return reduced(
      product(others.map(BigInt)),
      product(others.map((other) => BigInt(other) - BigInt(index))),
    );
  });
  const denominator = fractions.map(({ below }) => below).reduce(leastCommonMultiple, 1n);
  return { numerators: fractions.map(({ above, below }) => (above * denominator) / below), denominator };
}

/** The inverse of a public integer that is no multiple of the group order. */
export function inverseScalar(value: bigint): Uint8Array {
  return Fn.toBytes(Fn.inv(Fn.create(value)));
}

/** A public integer as a scalar, modulo the group order. */
export function integerScalar(value: bigint): Uint8Array {
  return Fn.toBytes(Fn.create(value));
}

function product(factors: readonly bigint[]): bigint {
  return factors.reduce((left, right) => left * right, 1n);
}

/** The same fraction in lowest terms, its denominator positive. */
function reduced(above: bigint, below: bigint): Readonly<{ above: bigint; below: bigint }> {
  const divisor = greatestCommonDivisor(above, below);
  return divisor * below < 0n
    ? { above: -above / divisor, below: -below / divisor }
    : { above: above / divisor, below: below / divisor };
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  return (a / greatestCommonDivisor(a, b)) * b;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}
