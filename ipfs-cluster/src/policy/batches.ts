// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Groups a sequence into arrays of at most `size` items. The event loop serves others after each of them. */
export async function* inBatches<T>(
  source: AsyncIterable<T> | Iterable<T>,
  size: number,
): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for await (const item of source) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
    await nextTurn();
  }
  if (batch.length > 0) yield batch;
}

/** Maps items with at most `width` calls under way; results keep the order of the items. After a failure no call begins. */
export async function inPool<T, R>(
  items: readonly T[],
  width: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const entries = eachOnce(items);
  const worker = async () => {
    // One that fails ends the entries for all.
    for (const [index, item] of entries) results[index] = await map(item);
  };
  await allEnded(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}

/** What all calls answer, or the failure that came first; none of them goes on after that. */
export async function allEnded<T>(calls: readonly Promise<T>[]): Promise<T[]> {
  const answers = Promise.all(calls);
  await Promise.allSettled([answers, ...calls]);
  return answers;
}

/** As {@link allEnded} for a call for each item; the first failure aborts the others. */
export async function together<T, R>(
  items: readonly T[],
  signal: AbortSignal,
  call: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const calls = items.map(async (item) => {
    try {
      return await call(item, either);
    } catch (error) {
      failed.abort();
      throw error;
    }
  });
  return allEnded(calls);
}

function* eachOnce<T>(items: readonly T[]): Generator<[number, T], void, undefined> {
  yield* items.entries();
}
