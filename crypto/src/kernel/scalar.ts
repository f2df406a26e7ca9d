// SPDX-License-Identifier: Apache-2.0
import { ristretto255 } from '@noble/curves/ed25519.js';

import { demandLength } from '../bytes.js';
import { demand } from '../errors.js';

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
  return Fn.toBytes(BigInt(value));
}

/** Lagrange coefficient at zero of one index within a set of distinct indices (public values only). */
export function lagrangeAtZero(index: number, indices: readonly number[]): Uint8Array {
  demand(
    indices.includes(index) && new Set(indices).size === indices.length,
    'SHARE_SET',
    'indices repeat or miss one',
  );
  let numerator = 1n;
  let denominator = 1n;
  for (const other of indices) {
    if (other === index) continue;
    numerator = Fn.mul(numerator, BigInt(other));
    denominator = Fn.mul(denominator, Fn.create(BigInt(other) - BigInt(index)));
  }
  return Fn.toBytes(Fn.div(numerator, denominator));
}
