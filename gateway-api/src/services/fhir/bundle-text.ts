// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import { scanObject, type Span } from './scan-json.js';

/**
 * A Bundle's text taken apart at the commas between its entries: `head`, the entries with the white space around
 * them joined by commas, and `tail` are the text again, byte for byte.
 */
export type BundleText = Readonly<{
  head: string;
  entries: readonly string[];
  tail: string;
  envelope: unknown;
}>;

/** Members that an envelope may have; `total` and `link` would tell of entries that are withheld. */
const ENVELOPE: readonly string[] = [
  'resourceType',
  'id',
  'meta',
  'implicitRules',
  'language',
  'identifier',
  'type',
  'timestamp',
  'entry',
  'signature',
];

/**
 * Takes a Bundle apart. Throws BAD_REQUEST for what is no Bundle with at least one entry, and TOO_LARGE for one with more
 * entries than `most`, before the rest is read.
 */
export function parseBundle(text: string, most: number): BundleText {
  const members = scanObject(text, { members: ENVELOPE.length, list: 'entry', items: most });
  const foreign = members.find(({ name }) => !ENVELOPE.includes(name));
  if (foreign !== undefined)
    throw bad(`a Bundle with the member ${JSON.stringify(foreign.name.slice(0, 32))} is not taken`);
  const { value: entry, items = [] } = members.find(({ name }) => name === 'entry') ?? {};
  if (entry === undefined || items.length === 0) throw bad('it has no entries');
  const head = text.slice(0, entry.start + 1);
  const tail = text.slice(entry.end - 1);
  const envelope: unknown = JSON.parse(`${head}${tail}`);
  if (!isBundle(envelope)) throw bad('its resourceType is not Bundle');
  return {
    head,
    entries: between(text, items, { start: entry.start + 1, end: entry.end - 1 }),
    tail,
    envelope,
  };
}

/** The text of a Bundle with some entries of another. */
export function joinBundle(
  { head, tail }: Pick<BundleText, 'head' | 'tail'>,
  entries: readonly string[],
): string {
  return `${head}${entries.join(',')}${tail}`;
}

/** Cuts the inside of an array at its commas: each piece is an item with the white space around it. */
function between(text: string, items: readonly Span[], inside: Span): readonly string[] {
  return items.map((item, position) => {
    const before = items[position - 1];
    const after = items[position + 1];
    const start = before === undefined ? inside.start : text.indexOf(',', before.end) + 1;
    const end = after === undefined ? inside.end : text.indexOf(',', item.end);
    return text.slice(start, end);
  });
}

function isBundle(envelope: unknown): boolean {
  return (
    typeof envelope === 'object' && envelope !== null && Reflect.get(envelope, 'resourceType') === 'Bundle'
  );
}

function bad(why: string): DomainError {
  return new DomainError('BAD_REQUEST', `the Bundle cannot be taken: ${why}`);
}
