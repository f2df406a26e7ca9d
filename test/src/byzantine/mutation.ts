// SPDX-License-Identifier: Apache-2.0
import type { Random } from '@tutela/chaincode/testing';

const MAX_CHANGES = 3;
const MAX_KNOWN = 64;
const YEAR_MS = 365 * 24 * 3_600_000;
const INSTANT = /^\d{4}-\d\d-\d\dT/;

/** One of several values. */
export function oneOf<T>(values: readonly T[], random: Random): T {
  const value = values[random(values.length)];
  if (value === undefined) throw new Error('there is nothing to choose from');
  return value;
}

/** Values that were seen in messages, by their kind: an id is replaced by another id of its kind. */
export class SeenValues {
  readonly #byKind = new Map<string, string[]>();

  /** Remembers every text in a message. */
  learn(value: unknown, random: Random): void {
    if (typeof value === 'string') this.#keep(value, random);
    else if (typeof value === 'object' && value !== null)
      for (const member of Object.values(value)) this.learn(member, random);
  }

  /** Another value of the same kind, or the value itself when no other was seen. */
  like(value: string, random: Random): string {
    const known = this.#byKind.get(kindOf(value)) ?? [];
    return known.length === 0 ? value : oneOf(known, random);
  }

  #keep(value: string, random: Random): void {
    const kind = kindOf(value);
    const known = this.#byKind.get(kind) ?? [];
    if (!known.includes(value)) {
      if (known.length < MAX_KNOWN) known.push(value);
      else known[random(MAX_KNOWN)] = value;
    }
    this.#byKind.set(kind, known);
  }
}

/** A copy of a message with up to three members changed: swapped with seen ones, moved in time, cut, or removed. */
export function mutated(message: unknown, seen: SeenValues, random: Random): unknown {
  let copy: unknown = structuredClone(message);
  for (let left = random(MAX_CHANGES + 1); left > 0; left -= 1) copy = changedOnce(copy, seen, random);
  return copy;
}

function changedOnce(message: unknown, seen: SeenValues, random: Random): unknown {
  if (typeof message !== 'object' || message === null) return changedLeaf(message, seen, random);
  const names = Object.keys(message);
  if (names.length === 0) return message;
  const name = oneOf(names, random);
  const member: unknown = Reflect.get(message, name);
  const isWhole = typeof member !== 'object' || member === null || random(12) === 0;
  if (isWhole && random(10) === 0) Reflect.deleteProperty(message, name);
  else
    Reflect.set(
      message,
      name,
      isWhole ? changedLeaf(member, seen, random) : changedOnce(member, seen, random),
    );
  return message;
}

function changedLeaf(value: unknown, seen: SeenValues, random: Random): unknown {
  if (typeof value === 'string' && INSTANT.test(value)) return movedInTime(value, random);
  if (typeof value === 'string')
    return random(8) === 0 ? value.slice(0, random(value.length + 1)) : seen.like(value, random);
  if (typeof value === 'number') return oneOf([0, 1, value - 1, value + 1, 2 ** 31, -value], random);
  return oneOf([null, [], {}, '', 0, true], random);
}

function movedInTime(instant: string, random: Random): string {
  const by = oneOf([-1, 1], random) * random(oneOf([60_000, 86_400_000, YEAR_MS], random));
  return new Date(Date.parse(instant) + by).toISOString();
}

/** Ids of one kind share a prefix; what has none is told apart by its length. */
function kindOf(value: string): string {
  if (INSTANT.test(value)) return 'instant';
  const prefix = /^[a-z]{2,5}_/.exec(value)?.[0];
  return prefix ?? String(value.length);
}
