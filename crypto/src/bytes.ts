// SPDX-License-Identifier: Apache-2.0
import { demand } from './errors.js';

/** A source of uniformly random bytes. */
export type RandomBytes = (length: number) => Uint8Array;

/** Joins byte strings. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** I2OSP of RFC 8017: a non-negative integer as big-endian bytes of the given length. */
export function i2osp(value: number, length: number): Uint8Array {
  demand(
    Number.isSafeInteger(value) && value >= 0 && value < 256 ** length,
    'PARAMETER',
    'integer out of range',
  );
  const bytes = new Uint8Array(length);
  for (let i = length - 1, rest = value; i >= 0; i -= 1, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  return bytes;
}

/** A byte string preceded by its length in two bytes. */
export function lp(bytes: Uint8Array): Uint8Array {
  return concatBytes(i2osp(bytes.length, 2), bytes);
}

/** Compares two byte strings in time that depends on their lengths alone. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (const [i, byte] of a.entries()) difference |= byte ^ (b[i] ?? 0);
  return difference === 0;
}

/** XOR of two byte strings of one length. */
export function xorBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  demand(a.length === b.length, 'LENGTH', 'operands differ in length');
  return a.map((byte, i) => byte ^ (b[i] ?? 0));
}

/** Refuses a value that is not a byte string of exactly the given length. */
export function demandLength(bytes: Uint8Array, length: number, what: string): Uint8Array {
  demand(
    bytes instanceof Uint8Array && bytes.length === length,
    'LENGTH',
    `${what} must have ${String(length)} bytes`,
  );
  return bytes;
}
