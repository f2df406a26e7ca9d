// SPDX-License-Identifier: Apache-2.0

/** How a condition is waited for. */
export interface Waiting {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
}

const defaultIntervalMs = 100;

/** Asks until the answer is not undefined and returns it; undefined when the time is over. */
export async function waitFor<T>(
  ask: () => Promise<T | undefined>,
  waiting: Waiting,
): Promise<T | undefined> {
  const deadline = performance.now() + waiting.timeoutMs;
  for (;;) {
    waiting.signal?.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() >= deadline) return undefined;
    await new Promise((resolve) => setTimeout(resolve, waiting.intervalMs ?? defaultIntervalMs));
  }
}
