// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Does work, and answers for how many milliseconds of the processor it kept the event loop from others at the longest. A
 * machine that does other things meanwhile does not make it longer.
 */
export async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let isDone = false;
  const watch = async (): Promise<void> => {
    while (!isDone) {
      const before = process.threadCpuUsage();
      await nextTurn();
      const { user, system } = process.threadCpuUsage(before);
      longest = Math.max(longest, (user + system) / 1_000);
    }
  };
  const watching = watch();
  try {
    await work();
  } finally {
    isDone = true;
  }
  await watching;
  return longest;
}
