// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';

const RUNS = 100_000;
const FIRST_BYTE_CHOICES = 256;

/** Feeds a decoder with samples that were changed at random; what it throws is named with the seed that shows it again. */
export function fuzz(
  samples: readonly Uint8Array[],
  decode: (bytes: Uint8Array) => unknown,
  { runs = RUNS, seed = randomInt(2 ** 31) }: Readonly<{ runs?: number; seed?: number }> = {},
): void {
  const random = seeded(seed);
  for (let run = 0; run < runs; run += 1) {
    const bytes = changed(samples[random(samples.length)] ?? new Uint8Array(0), random);
    try {
      decode(bytes);
    } catch (cause) {
      throw new Error(`seed ${seed}, run ${run}: ${Buffer.from(bytes).toString('hex')}`, { cause });
    }
  }
}

/** A whole number from 0 on, below the limit. */
export type Random = (limit: number) => number;

/** The samples changed at random, for a comparison with another decoder. */
export function changedSamples(
  samples: readonly Uint8Array[],
  count: number,
  seed: number,
): readonly Buffer[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () =>
    changed(samples[random(samples.length)] ?? new Uint8Array(0), random),
  );
}

/** Up to four changes, so that much of a sample often stays as it was. */
function changed(sample: Uint8Array, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(sample);
  for (let left = random(4); left >= 0; left -= 1) bytes = changedOnce(bytes, random);
  return bytes;
}

function changedOnce(bytes: Buffer, random: Random): Buffer {
  const at = random(bytes.length + 1);
  const changes: readonly (() => Buffer)[] = [
    () => bytes.subarray(0, at),
    () => bytes.subarray(at),
    () => Buffer.concat([bytes.subarray(0, at), noise(random(12), random), bytes.subarray(at)]),
    () => Buffer.concat([bytes, bytes.subarray(at)]),
    // The lower three bits of a tag are its wire type.
    () => withByte(bytes, at, (byte) => (byte & ~7) | random(8)),
    () => withByte(bytes, at, () => random(FIRST_BYTE_CHOICES)),
    () => withByte(bytes, at, (byte) => byte ^ (1 << random(8))),
    () => Buffer.concat([bytes, Buffer.of(random(FIRST_BYTE_CHOICES), 3, 0xff, 0xff, 0xff)]),
    () => noise(random(64), random),
  ];
  return (changes[random(changes.length)] ?? (() => bytes))();
}

function withByte(bytes: Buffer, at: number, change: (byte: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  const before = copy[at];
  if (before !== undefined) copy[at] = change(before);
  return copy;
}

function noise(length: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length }, () => random(FIRST_BYTE_CHOICES)));
}

/** Mulberry32: small, fast and the same everywhere. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}
