// SPDX-License-Identifier: Apache-2.0

/** Numbers in [0, 1) that follow from a seed alone (mulberry32), so that a failed run can be repeated. */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A number that a run is told in a variable; undefined without it. Throws where it is no whole number above zero. */
export function wholeNumberIn(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): number | undefined {
  const text = env[name];
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new Error(`${name} must be a whole number above zero, not "${text}"`);
  return Number(text);
}

/** The seed named by TUTELA_SEED, or a fresh one. */
export function chosenSeed(): number {
  return wholeNumberIn(process.env, 'TUTELA_SEED') ?? 1 + Math.floor(Math.random() * (2 ** 32 - 1));
}

/** As {@link chosenSeed}; it is printed so that the run can be repeated. */
export function printedSeed(name: string): number {
  const seed = chosenSeed();
  process.stdout.write(`${name}: TUTELA_SEED=${seed}\n`);
  return seed;
}
