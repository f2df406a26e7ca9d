// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from '../domain/codec.js';
import { DomainError } from '../domain/errors.js';
import type { Key } from './keys.js';
import type { Ledger, Reader } from './ledger.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Most keys that one transaction walks through; beyond it the caller must page. */
export const MAX_RANGE_KEYS = 10_000;

const PAGE_SIZE = 1_000;

/** One page of values, and where the next one begins. */
export type Page<T> = Readonly<{ values: readonly T[]; bookmark?: string }>;

/** The value under a key, or undefined. */
export async function read<T>({ stub }: Reader, key: Key<T>): Promise<T | undefined> {
  return decodeStored(await stub.getState(keyText(stub, key))) as T | undefined;
}

/** The value under a key; throws NOT_FOUND with a sentence that names the kind alone. */
export async function readExisting<T>(reader: Reader, key: Key<T>): Promise<T> {
  const value = await read(reader, key);
  if (value === undefined) throw new DomainError('NOT_FOUND', `no such ${key.kind}`);
  return value;
}

/** Throws ALREADY_EXISTS if something stands under the key. */
export async function requireAbsent(reader: Reader, key: Key<unknown>): Promise<void> {
  if ((await read(reader, key)) !== undefined)
    throw new DomainError('ALREADY_EXISTS', `this ${key.kind} exists already`);
}

/** Writes a value in canonical JSON. */
export async function write<T>({ stub }: Ledger, key: Key<T>, value: T): Promise<void> {
  await stub.putState(keyText(stub, key), encodeStored(value));
}

/** Removes a key; what it held stays in the chain's history. */
export async function remove({ stub }: Ledger, key: Key<unknown>): Promise<void> {
  await stub.deleteState(keyText(stub, key));
}

/** All values whose keys begin as given; the range is validated again at commit, so a value added meanwhile conflicts. */
export async function list<T>({ stub }: Reader, prefix: Key<T>): Promise<readonly T[]> {
  const found = await walk(stub.getStateByPartialCompositeKey(prefix.kind, [...prefix.parts]));
  return found.map(({ value }) => decodeExisting(value) as T);
}

/** As {@link list}, with the last part of each key. */
export async function listNamed<T>(
  { stub }: Reader,
  prefix: Key<T>,
): Promise<readonly Readonly<{ name: string; value: T }>[]> {
  const found = await walk(stub.getStateByPartialCompositeKey(prefix.kind, [...prefix.parts]));
  return found.map(namedValue) as readonly Readonly<{ name: string; value: T }>[];
}

function namedValue({ key, value }: Entry): Readonly<{ name: string; value: unknown }> {
  return { name: key.split('\u0000').at(-2) ?? '', value: decodeExisting(value) };
}

/**
 * The first values whose keys begin as given, and whether there are more: for a transaction that writes, of a range that
 * others fill. What stands behind them is not read.
 */
export async function first<T>(
  { stub }: Reader,
  { kind, parts }: Key<T>,
  most: number,
): Promise<Readonly<{ values: readonly T[]; more: boolean }>> {
  const iterator = await stub.getStateByPartialCompositeKey(kind, [...parts]);
  const values: T[] = [];
  let next = await iterator.next();
  for (; !next.done && values.length < most; next = await iterator.next())
    values.push(decodeExisting(next.value.value) as T);
  await iterator.close();
  return { values, more: !next.done };
}

/** All values whose keys begin as given, page by page, with the last part of each key; only for evaluations. */
export async function* everyPage<T>(
  { stub }: Reader,
  { kind, parts }: Key<T>,
  size = PAGE_SIZE,
): AsyncGenerator<readonly Readonly<{ name: string; value: T }>[]> {
  let bookmark = '';
  do {
    const range = stub.getStateByPartialCompositeKeyWithPagination(kind, [...parts], size, bookmark);
    const answer = await range;
    const found = await drain(answer.iterator);
    yield found.map(namedValue) as readonly Readonly<{ name: string; value: T }>[];
    bookmark = found.length === size ? bookmarkOf(answer) : '';
  } while (bookmark !== '');
}

/** One page of the values whose keys begin as given; only for evaluations, a page is not validated at commit. */
export async function page<T>(
  reader: Reader,
  prefix: Key<T>,
  size: number,
  bookmark: string | undefined,
): Promise<Page<T>> {
  const { values, ...rest } = await pageNamed(reader, prefix, size, bookmark);
  return { values: values.map(({ value }) => value), ...rest };
}

/** As {@link page}, with the last part of each key. */
export async function pageNamed<T>(
  { stub }: Reader,
  prefix: Key<T>,
  size: number,
  bookmark: string | undefined,
): Promise<Page<Readonly<{ name: string; value: T }>>> {
  const { kind, parts } = prefix;
  // A bookmark is the key to go on from, so one of elsewhere would read elsewhere.
  requireBookmark(bookmark, (mark) => mark.startsWith(keyText(stub, prefix)));
  const answer = await stub.getStateByPartialCompositeKeyWithPagination(
    kind,
    [...parts],
    size,
    bookmark ?? '',
  );
  const found = await drain(answer.iterator);
  const values = found.map(namedValue) as readonly Readonly<{ name: string; value: T }>[];
  return withBookmark(values, size, bookmarkOf(answer));
}

/** One page of the simple keys in `from ≤ key < until`; only for evaluations. */
export async function pageOfNames(
  { stub }: Reader,
  { from, until }: Readonly<{ from: string; until: string }>,
  size: number,
  bookmark: string | undefined,
): Promise<Page<string>> {
  requireBookmark(bookmark, (mark) => from <= mark && mark < until);
  if (until <= from) return { values: [] };
  const answer = await stub.getStateByRangeWithPagination(from, until, size, bookmark ?? '');
  const found = await drain(answer.iterator);
  const names = found.map(({ key }) => key);
  return withBookmark(names, size, bookmarkOf(answer));
}

function requireBookmark(bookmark: string | undefined, isInside: (mark: string) => boolean): void {
  if (bookmark !== undefined && !isInside(bookmark))
    throw new DomainError('BAD_REQUEST', 'the bookmark is not of this list');
}

/** The shim leaves the metadata of an empty page out, whatever its types say. */
function bookmarkOf(answer: Readonly<{ metadata?: Readonly<{ bookmark: string }> }>): string {
  return answer.metadata?.bookmark ?? '';
}

function withBookmark<T>(values: readonly T[], size: number, bookmark: string): Page<T> {
  return values.length === size && bookmark !== '' ? { values, bookmark } : { values };
}

type Entry = Readonly<{ key: string; value: Uint8Array }>;
type EntryIterator = Readonly<{
  next: () => Promise<Readonly<{ done: boolean; value: Entry }>>;
  close: () => Promise<void>;
}>;

async function drain(iterator: EntryIterator): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) found.push(next.value);
  await iterator.close();
  return found;
}

/** Bytes of a value as they stand in state. */
export function encodeStored(value: unknown): Uint8Array {
  return encoder.encode(canonicalJson(value));
}

/** The value that {@link encodeStored} wrote, or undefined where nothing stands. */
export function decodeStored(bytes: Uint8Array): unknown {
  return bytes.length === 0 ? undefined : decodeExisting(bytes);
}

/** The composite key as text. */
export function keyText(stub: Reader['stub'], { kind, parts }: Key<unknown>): string {
  return stub.createCompositeKey(kind, [...parts]);
}

async function walk(range: AsyncIterable<Entry>): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for await (const { key, value } of range) {
    if (found.length === MAX_RANGE_KEYS)
      throw new DomainError('TOO_LARGE', 'too many entries to read at once; ask by page');
    found.push({ key, value });
  }
  return found;
}

// What stands under a key was written by this chaincode alone, as a value of the key's type.
function decodeExisting(bytes: Uint8Array): unknown {
  return JSON.parse(decoder.decode(bytes));
}
