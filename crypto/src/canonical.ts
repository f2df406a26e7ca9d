// SPDX-License-Identifier: Apache-2.0
import { concatBytes, utf8 } from './bytes.js';
import { demand } from './errors.js';

/** JSON restricted to what is ever hashed here: numbers are integers of at most 2^53−1. */
export type CanonicalValue =
  string | number | boolean | null | readonly CanonicalValue[] | { readonly [key: string]: CanonicalValue };

/** Canonical JSON (RFC 8785) of a value without fractions. */
export function canonicalJson(value: CanonicalValue): string {
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
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  return `{${Object.keys(value)
    .sort()
    .map((key) => canonicalMember(key, value[key]))
    .join(',')}}`;
}

function canonicalMember(key: string, value: CanonicalValue | undefined): string {
  demand(value !== undefined, 'PARAMETER', 'undefined is not canonical');
  return `${canonicalJson(key)}:${canonicalJson(value)}`;
}

function isList(value: CanonicalValue): value is readonly CanonicalValue[] {
  return Array.isArray(value);
}

/** The bytes that are hashed, signed or bound: prefix, a zero byte, canonical JSON. */
export function prefixedJson(prefix: string, value: CanonicalValue): Uint8Array {
  return concatBytes(utf8(prefix), Uint8Array.of(0), utf8(canonicalJson(value)));
}
