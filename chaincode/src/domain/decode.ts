// SPDX-License-Identifier: Apache-2.0
import { DomainError } from './errors.js';
import { parseJson } from './parse-json.js';

/** Turns an unknown value into a type or throws BAD_REQUEST naming the path that is wrong. */
export type Decoder<T> = (value: unknown, path: string) => T;

/** The type that a decoder yields. */
export type Decoded<D> = D extends Decoder<infer T> ? T : never;

type Shape = Readonly<Record<string, Decoder<unknown>>>;
type Required<S extends Shape> = { readonly [K in keyof S]: Decoded<S[K]> };
type Optional<S extends Shape> = { readonly [K in keyof S]?: Decoded<S[K]> };

/** Text of 1 to `max` UTF-16 code units that matches the pattern, if one is given. */
export function text(max: number, pattern?: RegExp): Decoder<string> {
  return (value, path) => {
    if (typeof value !== 'string' || value.length === 0) throw bad(path, 'must be a non-empty string');
    if (value.length > max) throw bad(path, `must have at most ${max} characters`);
    if (pattern !== undefined && !pattern.test(value)) throw bad(path, `must match ${pattern.source}`);
    return value;
  };
}

/** As another decoder of texts, and the empty text besides. */
export function orEmpty(decode: Decoder<string>): Decoder<string> {
  return (value, path) => (value === '' ? value : decode(value, path));
}

/** An integer from `min` to `max`. */
export function integer(min: number, max: number): Decoder<number> {
  return (value, path) => {
    const isInteger = typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0);
    if (!isInteger || value < min || value > max) throw bad(path, `must be an integer from ${min} to ${max}`);
    return value;
  };
}

/** A truth value. */
export const flag: Decoder<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw bad(path, 'must be true or false');
  return value;
};

/** One of a closed list of values. */
export function oneOf<const T extends string | number>(...allowed: readonly T[]): Decoder<T> {
  return (value, path) => {
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw bad(path, `must be one of ${allowed.join(', ')}`);
    return found;
  };
}

/** A list of `min` to `max` items. */
export function list<T>(item: Decoder<T>, min: number, max: number): Decoder<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw bad(path, 'must be a list');
    if (value.length < min || value.length > max) throw bad(path, `must have ${min} to ${max} items`);
    return value.map((entry, position) => item(entry, `${path}[${position}]`));
  };
}

/** As {@link list}, and no item stands in it twice. */
export function set<T extends string>(item: Decoder<T>, min: number, max: number): Decoder<readonly T[]> {
  return setBy(item, (one) => one, [min, max]);
}

/** As {@link list}, and no two items have the same name. */
export function setBy<T>(
  item: Decoder<T>,
  nameOf: (one: T) => string,
  [min, max]: readonly [number, number],
): Decoder<readonly T[]> {
  const items = list(item, min, max);
  return (value, path) => {
    const decoded = items(value, path);
    if (new Set(decoded.map(nameOf)).size !== decoded.length) throw bad(path, 'must not repeat an item');
    return decoded;
  };
}

/** A strict object: every required member, any optional one, nothing else. */
export function object<R extends Shape>(required: R): Decoder<Required<R>>;
export function object<R extends Shape, O extends Shape>(
  required: R,
  optional: O,
): Decoder<Required<R> & Optional<O>>;
export function object<R extends Shape>(required: R, optional: Shape = {}): Decoder<Required<R>> {
  const decoders = new Map<string, Decoder<unknown>>(Object.entries({ ...optional, ...required }));
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw bad(path, 'must be an object');
    const members = new Map<string, unknown>(Object.entries(value));
    for (const name of members.keys()) if (!decoders.has(name)) throw bad(`${path}.${name}`, 'is not known');
    for (const name of Object.keys(required))
      if (!members.has(name)) throw bad(`${path}.${name}`, 'is missing');
    const decoded = [...members].map(([name, member]) => [
      name,
      decoders.get(name)?.(member, `${path}.${name}`),
    ]);
    // Every member was checked by the decoder of its name just above.
    return Object.fromEntries(decoded) as Required<R>;
  };
}

/** A union told apart by the member `kind`. */
export function union<const T extends Readonly<Record<string, Decoder<unknown>>>>(
  variants: T,
): Decoder<Decoded<T[keyof T]>> {
  const byKind = new Map<string, Decoder<unknown>>(Object.entries(variants));
  return (value, path) => {
    const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
    const variant = typeof kind === 'string' ? byKind.get(kind) : undefined;
    if (variant === undefined) throw bad(`${path}.kind`, `must be one of ${[...byKind.keys()].join(', ')}`);
    return variant(value, path) as Decoded<T[keyof T]>;
  };
}

/** Decodes JSON text of at most `maxChars` characters. */
export function decodeJson<T>(decoder: Decoder<T>, json: string, maxChars: number): T {
  if (json.length > maxChars)
    throw new DomainError('TOO_LARGE', `the request must have at most ${maxChars} characters`);
  return decoder(requestJson(json), '$');
}

function requestJson(json: string): unknown {
  try {
    return parseJson(json);
  } catch (cause) {
    throw new DomainError('BAD_REQUEST', 'the request is not JSON', { cause });
  }
}

function bad(path: string, rule: string): DomainError {
  return new DomainError('BAD_REQUEST', `${path} ${rule}`);
}
