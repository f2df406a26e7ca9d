// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import { joinBundle, parseBundle, type BundleText } from './bundle-text.js';

/** One opened segment of a Bundle. */
export type OpenedBundleSegment = Readonly<{ positions: readonly number[]; text: string }>;

/** Puts segments of one Bundle together in the old order; with all of them it is the old text, byte for byte. */
export function reassembleBundle(segments: readonly OpenedBundleSegment[]): string {
  const parsed = segments.map(({ text, positions }) => ({
    ...parsedSegment(text, positions.length),
    positions,
  }));
  const [first] = parsed;
  if (first === undefined) throw new DomainError('NOT_FOUND', 'nothing of this Bundle can be opened');
  const entries = parsed.flatMap(({ entries: own, positions }) => {
    if (own.length !== positions.length) throw corrupt();
    return own.map((entry, index) => ({ entry, position: positions[index] ?? 0 }));
  });
  entries.sort((a, b) => a.position - b.position);
  return joinBundle(
    first,
    entries.map(({ entry }) => entry),
  );
}

/** What does not fit its header is read no further than shows that: its author chose both. */
function parsedSegment(text: string, entries: number): BundleText {
  try {
    return parseBundle(text, entries);
  } catch (cause) {
    throw cause instanceof DomainError ? corrupt(cause) : cause;
  }
}

function corrupt(cause?: DomainError): DomainError {
  return new DomainError('CONTENT_CORRUPT', 'a part of the Bundle does not fit its header', { cause });
}
