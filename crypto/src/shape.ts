// SPDX-License-Identifier: Apache-2.0
import { demand } from './errors.js';

/** Reads one field of a decoded JSON object. */
export type FieldReader<T> = (value: unknown) => T;

/** Reads an object that has exactly the given fields; throws `ENCODING` for anything else. */
export function readObject<T extends object>(
  value: unknown,
  fields: { readonly [K in keyof T]: FieldReader<T[K]> },
): T {
  demand(typeof value === 'object' && value !== null && !Array.isArray(value), 'ENCODING', 'not an object');
  const names = Object.keys(fields);
  const entries = new Map<string, unknown>(Object.entries(value));
  demand(
    entries.size === names.length && names.every((name) => entries.has(name)),
    'ENCODING',
    'fields are missing or unknown',
  );
  return mapFields(fields, (name, read) => read(entries.get(name)));
}

function mapFields<T extends object>(
  fields: { readonly [K in keyof T]: FieldReader<T[K]> },
  read: <K extends keyof T & string>(name: K, reader: FieldReader<T[K]>) => T[K],
): T {
  const result: Partial<T> = {};
  for (const name in fields) result[name] = read(name, fields[name]);
  return result as T;
}

/** Reads a text of at most `max` UTF-16 units. */
export function textUpTo(max: number): FieldReader<string> {
  return (value) => {
    demand(typeof value === 'string' && value.length <= max, 'ENCODING', 'not a text of allowed length');
    return value;
  };
}

/** Reads an integer from 0 to 2^32 − 1. */
export function readCount(value: unknown): number {
  demand(
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32,
    'ENCODING',
    'not a count',
  );
  return value;
}

/** Reads a list of at most `max` items. */
export function listUpTo<T>(max: number, read: FieldReader<T>): FieldReader<readonly T[]> {
  return (value) => {
    demand(Array.isArray(value) && value.length <= max, 'ENCODING', 'not a list of allowed length');
    return value.map((item: unknown) => read(item));
  };
}

/** Reads what another reader reads, or null. */
export function orNull<T>(read: FieldReader<T>): FieldReader<T | null> {
  return (value) => (value === null ? null : read(value));
}
