// SPDX-License-Identifier: Apache-2.0

/** One chunk of a re-cut byte stream. */
export interface Cut {
  readonly index: number;
  readonly isLast: boolean;
  readonly bytes: Uint8Array;
}

/**
 * Cuts pieces of any size into full chunks; what remains, perhaps nothing, is the last chunk.
 * A full chunk is handed on only when another byte follows, so that the last one is known as such.
 * A chunk's bytes are valid until the next one is asked for.
 */
export async function* rechunk(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  firstIndex: number,
  capacityOf: (index: number) => number,
): AsyncGenerator<Cut, void, undefined> {
  let index = firstIndex;
  let capacity = capacityOf(index);
  const buffer = new Uint8Array(Math.max(capacity, capacityOf(index + 1)));
  let filled = 0;
  for await (const piece of source) {
    for (let offset = 0; offset < piece.length;) {
      if (filled === capacity) {
        yield { index, isLast: false, bytes: buffer.subarray(0, filled) };
        index += 1;
        capacity = capacityOf(index);
        filled = 0;
      }
      const taken = piece.subarray(offset, offset + capacity - filled);
      buffer.set(taken, filled);
      filled += taken.length;
      offset += taken.length;
    }
  }
  yield { index, isLast: true, bytes: buffer.subarray(0, filled) };
}
