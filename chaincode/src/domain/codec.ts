// SPDX-License-Identifier: Apache-2.0
import { DomainError } from './errors.js';

/** A value that canonical JSON can carry: integers of at most 2^53−1, no floats, no undefined. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** SHA-256 of bytes, 32 bytes; passed in because the domain computes nothing that needs a library. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

const encoder = new TextEncoder();
const LONE_SURROGATE = /\p{Surrogate}/u;

/** How deep lists and objects may stand in each other: deeper is nothing that this product ever hashes. */
const MAX_DEPTH = 64;

/**
 * Canonical JSON (RFC 8785) of a value whose numbers are integers. A member that is undefined is absent; everything else
 * that is no JSON is refused: -0, undefined in a list, a gap, bigint, function, symbol, objects of a class of their own.
 * Crypto has a twin, for the domain imports itself alone; `codec.test.ts` compares the two.
 */
export function canonicalJson(value: unknown): string {
  return canonicalAt(value, MAX_DEPTH);
}

function canonicalAt(value: unknown, depth: number): string {
  if (depth < 0) throw new DomainError('BAD_REQUEST', 'the value is nested too deeply');
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return canonicalString(value);
  if (typeof value === 'number') return canonicalInteger(value);
  // Array.from reads a gap as undefined, which is refused; map would skip it.
  if (Array.isArray(value))
    return `[${Array.from(value, (item: unknown) => canonicalAt(item, depth - 1)).join(',')}]`;
  if (typeof value === 'object' && isPlain(value)) return canonicalObject(value, depth);
  throw new DomainError('BAD_REQUEST', `canonical JSON cannot carry a ${typeof value} of this kind`);
}

/** `prefix‖0x00‖JCS(value)` as bytes: the form of everything that is hashed or signed. */
export function tagged(prefix: string, value: unknown): Uint8Array {
  return encoder.encode(`${prefix}\u0000${canonicalJson(value)}`);
}

/** Base64url without padding (RFC 4648 §5). */
export function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** SHA-256 of `prefix‖0x00‖JCS(value)`, base64url. */
export function taggedHash(prefix: string, value: unknown, sha256: Sha256): string {
  return toBase64Url(sha256(tagged(prefix, value)));
}

function canonicalString(value: string): string {
  if (LONE_SURROGATE.test(value)) throw new DomainError('BAD_REQUEST', 'a string holds a lone surrogate');
  return JSON.stringify(value);
}

function canonicalInteger(value: number): string {
  if (!Number.isSafeInteger(value) || Object.is(value, -0))
    throw new DomainError('BAD_REQUEST', 'numbers must be integers up to 2^53-1');
  return String(value);
}

function canonicalObject(value: object, depth: number): string {
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${canonicalString(name)}:${canonicalAt(member, depth - 1)}`);
  return `{${members.join(',')}}`;
}

/** Whether an object is as a literal or `JSON.parse` makes it, in whatever realm: not a Date, Map or byte array. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  const hasNoClass = prototype === null || Object.getPrototypeOf(prototype) === null;
  return hasNoClass && Object.prototype.toString.call(value) === '[object Object]';
}
