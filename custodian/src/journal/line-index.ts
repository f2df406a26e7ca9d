// SPDX-License-Identifier: Apache-2.0

/** One mark for so many lines. */
const STRIDE = 256;

/** A stretch of a file in bytes, and how many lines of it come before those that were asked for. */
export type Stretch = Readonly<{ start: number; end: number; skip: number }>;

/** Where the lines of a file begin, by a mark now and then: a file of gigabytes needs some kilobytes of memory. */
export class LineIndex {
  readonly #marks: number[] = [];
  #lines = 0;
  #size = 0;

  /** Takes up the next line with its line end. */
  add(bytes: number): void {
    if (this.#lines % STRIDE === 0) this.#marks.push(this.#size);
    this.#lines += 1;
    this.#size += bytes;
  }

  /** Number of lines. */
  get lines(): number {
    return this.#lines;
  }

  /** Bytes of all lines. */
  get size(): number {
    return this.#size;
  }

  /** The bytes that hold `count` lines from position `from` on. */
  stretch(from: number, count: number): Stretch {
    const mark = Math.floor(from / STRIDE);
    const start = this.#marks[mark] ?? this.#size;
    const end = this.#marks[Math.ceil((from + count) / STRIDE)] ?? this.#size;
    return { start, end, skip: from - mark * STRIDE };
  }
}
