// SPDX-License-Identifier: Apache-2.0

/** A value as it stands in the bytes: an integer of 64 bits, or bytes with their length. */
type Value = bigint | Uint8Array;

/** How a kind of field is read: its wire type, what it is without a value, and what one more value makes of it. */
export type Kind<T> = Readonly<{
  wire: typeof VARINT | typeof LENGTH;
  empty: () => T;
  add(before: T, value: Value): T;
}>;

type Fields = Readonly<Record<string, readonly [number, Kind<unknown>]>>;
type Mutable = Record<string, unknown>;

/** A message: its fields as they were read, each `empty` that was not sent. */
export type Message<F extends Fields> = {
  readonly [N in keyof F]: F[N] extends readonly [number, Kind<infer T>] ? T : never;
};

/** How a message is read; its kind as a field of another message is `undefined` where it was not sent. */
export type Shape<T> = Kind<T | undefined> & Readonly<{ read: (bytes: Uint8Array, before?: T) => T }>;

/** What a shape reads. */
export type Read<S> = S extends Shape<infer T> ? T : never;

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH = 2;
const START_GROUP = 3;
const END_GROUP = 4;
const FIXED_32 = 5;
/** What Go's library takes: field numbers of a message, those inside a group that nothing knows, and such groups nested. */
const MAX_FIELD = 2 ** 29 - 1;
const MAX_FIELD_IN_GROUP = 2 ** 31 - 1;
const MAX_GROUPS = 10_001;

/** Why bytes are no message; it never leaves this file, and is made once since an error is dear to make. */
const UNREADABLE = new Error('no protobuf message');

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a protobuf message from bytes that another party wrote; undefined if they are none. It reads as Go's library
 * does, and so as Fabric: a known field of another wire type counts as an unknown one and is passed over, the last
 * value of a field counts, and a message that was sent in pieces is put together.
 */
export function readMessage<T>(shape: Shape<T>, bytes: Uint8Array): T | undefined {
  try {
    return shape.read(bytes);
  } catch (error) {
    if (error === UNREADABLE) return undefined;
    throw error;
  }
}

/** Bytes. */
export const bytesField: Kind<Uint8Array> = {
  wire: LENGTH,
  empty: () => new Uint8Array(0),
  add: (_, value) => bytesOf(value),
};

/** Text, which must be UTF-8. */
export const textField: Kind<string> = {
  wire: LENGTH,
  empty: () => '',
  add: (_, value) => textOf(bytesOf(value)),
};

/** An integer of 32 bits with its sign, or an enumeration; of a longer one the lower bits count. */
export const int32Field: Kind<number> = {
  wire: VARINT,
  empty: () => 0,
  add: (_, value) => Number(BigInt.asIntN(32, integerOf(value))),
};

/** An integer of 64 bits without a sign. */
export const uint64Field: Kind<bigint> = {
  wire: VARINT,
  empty: () => 0n,
  add: (_, value) => integerOf(value),
};

/** A field that may be sent several times; a message so read as bytes, and joined, is the message put together. */
export function repeated<T>(kind: Kind<T>): Kind<readonly Exclude<T, undefined>[]> {
  const inPlace: Kind<Exclude<T, undefined>[]> = {
    wire: kind.wire,
    empty: () => [],
    add: (before, value) => {
      // What `add` makes of a value that was sent is never undefined.
      before.push(kind.add(kind.empty(), value) as Exclude<T, undefined>);
      return before;
    },
  };
  return inPlace;
}

/** A map from text. */
export function mapOf<T>(kind: Kind<T>): Kind<ReadonlyMap<string, T>> {
  const entry = message({ key: [1, textField], value: [2, kind as Kind<unknown>] });
  const inPlace: Kind<Map<string, T>> = {
    wire: LENGTH,
    empty: () => new Map(),
    add: (before, sent) => {
      const { key, value } = entry.read(bytesOf(sent));
      return before.set(key, value as T);
    },
  };
  return inPlace;
}

/** A message of the named fields, each with its number and kind; all others are passed over. */
export function message<F extends Fields>(fields: F): Shape<Message<F>> {
  const named = Object.entries(fields);
  const byNumber = new Map(named.map(([name, [number, kind]]) => [number, { name, kind }]));
  const read = (bytes: Uint8Array, before?: Message<F>): Message<F> => {
    const found: Mutable =
      before ?? Object.fromEntries(named.map(([name, [, kind]]) => [name, kind.empty()]));
    const cursor = new Cursor(bytes);
    while (!cursor.atEnd) {
      const { number, wire } = cursor.tag(MAX_FIELD);
      const field = byNumber.get(number);
      if (field?.kind.wire === wire)
        found[field.name] = field.kind.add(found[field.name], cursor.value(wire));
      else cursor.skip(number, wire);
    }
    // Every member is there by `empty`, and is what the kind of its name has made.
    return found as Message<F>;
  };
  return { wire: LENGTH, empty: () => undefined, add: (before, value) => read(bytesOf(value), before), read };
}

class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  tag(maxNumber: number): Readonly<{ number: number; wire: number }> {
    const tag = this.#integer();
    const number = Math.floor(tag / 8);
    if (number < 1 || number > maxNumber) throw UNREADABLE;
    return { number, wire: tag % 8 };
  }

  value(wire: typeof VARINT | typeof LENGTH): Value {
    return wire === VARINT ? this.#varint() : this.#take(this.#integer());
  }

  /** Passes over a field, and over everything in it if it is a group. */
  skip(number: number, wire: number): void {
    const groups: number[] = [];
    let next = { number, wire };
    for (;;) {
      this.#skipOne(groups, next);
      if (groups.length === 0) return;
      next = this.tag(MAX_FIELD_IN_GROUP);
    }
  }

  #skipOne(groups: number[], { number, wire }: Readonly<{ number: number; wire: number }>): void {
    if (wire === VARINT || wire === LENGTH) this.value(wire);
    else if (wire === FIXED_64) this.#take(8);
    else if (wire === FIXED_32) this.#take(4);
    else if (wire === START_GROUP && groups.length < MAX_GROUPS) groups.push(number);
    else if (wire !== END_GROUP || groups.pop() !== number) throw UNREADABLE;
  }

  /** As a number, which is exact for every tag and length that is not refused anyway. */
  #integer(): number {
    const byte = this.#bytes[this.#at] ?? 0x80;
    if (byte >= 0x80) return Number(this.#varint());
    this.#at += 1;
    return byte;
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) break;
      this.#at += 1;
      if (shift === 63n && byte > 1) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw UNREADABLE;
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw UNREADABLE;
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

function bytesOf(value: Value): Uint8Array {
  if (typeof value === 'bigint') throw UNREADABLE;
  return value;
}

function integerOf(value: Value): bigint {
  if (typeof value !== 'bigint') throw UNREADABLE;
  return value;
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw UNREADABLE;
  }
}
