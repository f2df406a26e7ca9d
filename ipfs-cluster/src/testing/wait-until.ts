// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';

/** Waits for what comes within five seconds. */
export async function waitUntil(isSo: () => boolean): Promise<void> {
  for (let poll = 0; poll < 500 && !isSo(); poll += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(isSo());
}
