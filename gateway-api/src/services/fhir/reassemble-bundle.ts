// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import { joinBundle, parseBundle } from './bundle-text.js';

/** One opened segment of a Bundle. */
export type OpenedBundleSegment = Readonly<{ positions: readonly number[]; text: string }>;

/** Puts segments of one Bundle together in the old order; with all of them it is the old text, byte for byte. */
export function reassembleBundle(segments: readonly OpenedBundleSegment[]): string {
  const parsed = segments.map(({ text, positions }) => ({ ...parseBundle(text), positions }));
  const [first] = parsed;
  if (first === undefined) throw new DomainError('NOT_FOUND', 'nothing of this Bundle can be opened');
  const entries = parsed.flatMap(({ entries: own, positions }) => {
    if (own.length !== positions.length)
      throw new DomainError('CONTENT_CORRUPT', 'a part of the Bundle does not fit its header');
    return own.map((entry, index) => ({ entry, position: positions[index] ?? 0 }));
  });
  entries.sort((a, b) => a.position - b.position);
  return joinBundle(
    first,
    entries.map(({ entry }) => entry),
  );
}
