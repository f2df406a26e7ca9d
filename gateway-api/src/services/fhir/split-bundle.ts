// SPDX-License-Identifier: Apache-2.0
import { DomainError, type Category } from '@tutela/chaincode/domain';
import type { RandomBytes } from '@tutela/crypto';
import { MAX_BUNDLE_ENTRIES, MAX_POSITION } from '../content-header.js';
import { joinBundle, parseBundle, type BundleText } from './bundle-text.js';
import { categoryOfEntry } from './category-of-entry.js';
import { entryFacts, labelsOf } from './entry-facts.js';

/** The entries of a Bundle in one category, as a Bundle of their own with the old envelope. */
export type BundleSegment = Readonly<{
  category: Category;
  securityLabels: readonly string[];
  /** Where each entry stood: increasing random numbers, whose gaps tell nothing of other entries. */
  positions: readonly number[];
  text: string;
}>;

const MAX_LABELS = 16;
const LABEL = /^[A-Za-z0-9:._/|-]{1,64}$/;
const POSITION_BYTES = 6;

/** Cuts a Bundle (UTF-8) into segments: every entry is in exactly one, and its text, references included, stays as it is. */
export function splitBundle(bundle: Uint8Array, random: RandomBytes): readonly BundleSegment[] {
  const text = utf8Text(bundle);
  const parsed = parseBundle(text, MAX_BUNDLE_ENTRIES);
  const positions = randomPositions(parsed.entries.length, random);
  const groups = Map.groupBy(placed(parsed, positions), ({ category }) => category);
  return [...groups].map(([category, entries]) => ({
    category,
    securityLabels: distinctLabels(entries.flatMap(({ labels }) => labels)),
    positions: entries.map(({ position }) => position),
    text: joinBundle(
      parsed,
      entries.map(({ entry }) => entry),
    ),
  }));
}

type Placed = Readonly<{ category: Category; labels: readonly string[]; position: number; entry: string }>;

function placed({ entries, envelope }: BundleText, positions: readonly number[]): readonly Placed[] {
  const inherited = labelsOf(envelope);
  return entries.map((entry, index) => {
    const facts = entryFacts(JSON.parse(entry));
    const labels = [...facts.labels, ...inherited];
    return {
      category: categoryOfEntry({ ...facts, labels }),
      labels,
      position: positions[index] ?? 0,
      entry,
    };
  });
}

function randomPositions(count: number, random: RandomBytes): readonly number[] {
  const positions = new Set<number>();
  while (positions.size < count)
    positions.add(Buffer.from(random(POSITION_BYTES)).readUIntBE(0, POSITION_BYTES) % MAX_POSITION);
  return [...positions].sort((a, b) => a - b);
}

function distinctLabels(labels: readonly string[]): readonly string[] {
  return [...new Set(labels.filter((label) => LABEL.test(label)))].sort().slice(0, MAX_LABELS);
}

function utf8Text(bytes: Uint8Array): string {
  try {
    // A byte-order mark is kept, so that the parser refuses it as what JSON may not start with.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DomainError('BAD_REQUEST', 'the Bundle is not UTF-8', { cause });
  }
}
