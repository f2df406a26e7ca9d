// SPDX-License-Identifier: Apache-2.0
import { ristretto255 } from '@noble/curves/ed25519.js';

import { demandLength, equalBytes } from '../bytes.js';
import { CryptoError, demand } from '../errors.js';
import { GENERATOR, type Group } from './group.js';
import { GENERATOR_BAR } from './hashing.js';
import { demandReduced, demandScalar, integerScalar } from './scalar.js';

/** A group element, decoded for arithmetic. */
export type Point = InstanceType<typeof ristretto255.Point>;
const Ristretto = ristretto255.Point;
const { Fn } = Ristretto;
// Both generators are multiplied at every check: their tables are made once, on first use.
const BAR = Ristretto.fromBytes(GENERATOR_BAR).precompute(8);

/** Back end on @noble/curves: pure and deterministic, but its scalars are BigInt and not constant-time. */
export const nobleGroup: Group = {
  demandElement: (element) => {
    decodePoint(element);
    return element;
  },
  multiplyBase: (scalar) => Ristretto.BASE.multiply(decodeScalar(scalar)).toBytes(),
  multiply: (scalar, element) => decodePoint(element).multiply(decodeScalar(scalar)).toBytes(),
  linear: (a, A, b, B) =>
    scale(A, decodeScalar(a))
      .add(scale(B, decodeScalar(b)))
      .toBytes(),
  combination: (terms) =>
    total(
      terms.map(({ factor, element }) =>
        decodePoint(element).multiplyUnsafe(decodeScalar(integerScalar(factor))),
      ),
    ),
  sum: (elements) => total(elements.map(decodePoint)),
  addScalars: (x, y) => Fn.toBytes(Fn.add(anyScalar(x), anyScalar(y))),
  subtractScalars: (x, y) => Fn.toBytes(Fn.sub(anyScalar(x), anyScalar(y))),
  multiplyScalars: (x, y) => Fn.toBytes(Fn.mul(anyScalar(x), anyScalar(y))),
  reduceScalar: (wide) => Fn.toBytes(Fn.create(littleEndian(demandLength(wide, 64, 'wide scalar')))),
};

/** Decodes a public element for arithmetic; the identity and non-canonical encodings are refused. */
export function decodePoint(element: Uint8Array): Point {
  demandLength(element, 32, 'element');
  const point = parsePoint(element);
  demand(!point.is0(), 'ELEMENT', 'the identity is not accepted');
  return point;
}

/** A public scalar times a decoded element. */
export function scalePoint(scalar: Uint8Array, point: Point): Point {
  return point.multiplyUnsafe(decodeScalar(scalar));
}

function total(points: readonly Point[]): Uint8Array {
  const sum = points.reduce((left, right) => left.add(right), Ristretto.ZERO);
  demand(!sum.is0(), 'ELEMENT', 'sum is the identity');
  return sum.toBytes();
}

function parsePoint(element: Uint8Array): Point {
  try {
    return Ristretto.fromBytes(element);
  } catch {
    throw new CryptoError('ELEMENT', 'not a canonical group element');
  }
}

function scale(element: Uint8Array, scalar: bigint): Point {
  if (equalBytes(element, GENERATOR)) return Ristretto.BASE.multiply(scalar);
  if (equalBytes(element, GENERATOR_BAR)) return BAR.multiply(scalar);
  return decodePoint(element).multiplyUnsafe(scalar);
}

function decodeScalar(scalar: Uint8Array): bigint {
  return Fn.fromBytes(demandScalar(scalar));
}

function anyScalar(scalar: Uint8Array): bigint {
  return littleEndian(demandReduced(scalar));
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
