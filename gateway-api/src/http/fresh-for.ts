// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './body.js';

/** Finds something at most once in `ms`: whoever asks meanwhile gets what was found, or waits for what is being found. */
export function freshFor<T>(ms: number, now: Clock, find: () => Promise<T>): () => Promise<T> {
  let last: Readonly<{ found: Promise<T>; untilMs: number }> | undefined;
  return () => {
    if (last !== undefined && now() < last.untilMs) return last.found;
    const found = find();
    // Until it is found nobody else looks; from then on it is fresh for its time.
    last = { found, untilMs: Infinity };
    const settle = (): void => {
      last = { found, untilMs: now() + ms };
    };
    found.then(settle, settle);
    return found;
  };
}
