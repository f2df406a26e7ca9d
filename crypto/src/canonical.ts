// SPDX-License-Identifier: Apache-2.0
import { concatBytes, utf8 } from './bytes.js';
import { demand } from './errors.js';

/** JSON restricted to what is ever hashed here: numbers are integers of at most 2^53−1. */
export type CanonicalValue =
  string | number | boolean | null | readonly CanonicalValue[] | { readonly [key: string]: CanonicalValue };

/** How deep lists and objects may stand in each other: deeper is nothing that this product ever hashes. */
export const MAX_CANONICAL_DEPTH = 64;

/**
 * Canonical JSON (RFC 8785) of a value without fractions. A member that is undefined is absent; everything else that is
 * no JSON is refused: -0, undefined in a list, a gap, bigint, function, symbol, and objects of any class of their own.
 * The domain has a twin, for it imports itself alone; its `codec.test.ts` compares the two.
 */
export function canonicalJson(value: CanonicalValue): string {
  return canonicalAt(value, MAX_CANONICAL_DEPTH);
}

function canonicalAt(value: unknown, depth: number): string {
  demand(depth >= 0, 'PARAMETER', 'the value is nested too deeply');
  if (typeof value === 'number') {
    demand(
      Number.isSafeInteger(value) && !Object.is(value, -0),
      'PARAMETER',
      'only safe integers are canonical',
    );
    return String(value);
  }
  if (typeof value === 'string') {
    demand(value.isWellFormed(), 'PARAMETER', 'a lone surrogate is not canonical');
    return JSON.stringify(value);
  }
  if (value === null || typeof value === 'boolean') return String(value);
  // Array.from reads a gap as undefined, which is refused; map would skip it.
  if (Array.isArray(value))
    return `[${Array.from(value, (item: unknown) => canonicalAt(item, depth - 1)).join(',')}]`;
  demand(isPlainObject(value), 'PARAMETER', 'only plain objects are canonical');
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${canonicalAt(name, depth)}:${canonicalAt(member, depth - 1)}`);
  return `{${members.join(',')}}`;
}

/** Whether a value is an object as a literal or `JSON.parse` makes it, in whatever realm: not a Date, Map or byte array. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isPlain && Object.prototype.toString.call(value) === '[object Object]';
}

/** The bytes that are hashed, signed or bound: prefix, a zero byte, canonical JSON. */
export function prefixedJson(prefix: string, value: CanonicalValue): Uint8Array {
  return concatBytes(utf8(prefix), Uint8Array.of(0), utf8(canonicalJson(value)));
}
