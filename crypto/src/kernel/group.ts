// SPDX-License-Identifier: Apache-2.0

/**
 * ristretto255 (RFC 9496) on 32-byte encodings; two back ends keep this promise byte for byte.
 * Elements that come in must be canonical and not the identity, scalars reduced and not zero;
 * anything else throws `CryptoError` with `ELEMENT`, `SCALAR` or `LENGTH`.
 */
export interface Group {
  /** Refuses an encoding that is no element of the group, or the identity. */
  demandElement(element: Uint8Array): Uint8Array;
  /** scalar · G */
  multiplyBase(scalar: Uint8Array): Uint8Array;
  /** scalar · element */
  multiply(scalar: Uint8Array, element: Uint8Array): Uint8Array;
  /** a·A + b·B, in variable time on some back ends: public values only. The sum may be the identity. */
  linear(a: Uint8Array, A: Uint8Array, b: Uint8Array, B: Uint8Array): Uint8Array;
  /** Σ factor · element in variable time: small public factors, none of them zero. The identity is refused. */
  combination(terms: readonly Term[]): Uint8Array;
  /** Sum of elements; the identity is refused. */
  sum(elements: readonly Uint8Array[]): Uint8Array;
  /** x + y modulo the order; zero may come in and out. */
  addScalars(x: Uint8Array, y: Uint8Array): Uint8Array;
  /** x − y modulo the order; zero may come in and out. */
  subtractScalars(x: Uint8Array, y: Uint8Array): Uint8Array;
  /** x · y modulo the order; zero may come in and out. */
  multiplyScalars(x: Uint8Array, y: Uint8Array): Uint8Array;
  /** 64 uniform bytes, little-endian, modulo the order. */
  reduceScalar(wide: Uint8Array): Uint8Array;
}

/** An element and how often it counts in a sum. */
export type Term = Readonly<{ factor: bigint; element: Uint8Array }>;

/** Encoding of the generator G. */
export const GENERATOR: Uint8Array = Uint8Array.of(
  0xe2,
  0xf2,
  0xae,
  0x0a,
  0x6a,
  0xbc,
  0x4e,
  0x71,
  0xa8,
  0x84,
  0xa9,
  0x61,
  0xc5,
  0x00,
  0x51,
  0x5f,
  0x58,
  0xe3,
  0x0b,
  0x6a,
  0xa5,
  0x82,
  0xdd,
  0x8d,
  0xb6,
  0xa6,
  0x59,
  0x45,
  0xe0,
  0x8d,
  0x2d,
  0x76,
);
