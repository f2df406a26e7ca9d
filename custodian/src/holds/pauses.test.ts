// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import { CENSORSHIP_ALARM_MS, nextPauseMs } from './pauses.js';

test('the pauses between tries grow to a minute, and to hours once the alarm was raised', () => {
  const grown = (waitingMs: number): number => {
    let pauseMs = 1_000;
    for (let attempt = 0; attempt < 20; attempt += 1) pauseMs = nextPauseMs(pauseMs, waitingMs);
    return pauseMs;
  };
  expect(grown(CENSORSHIP_ALARM_MS - 1)).toBe(60_000);
  expect(grown(CENSORSHIP_ALARM_MS)).toBe(4 * 3_600_000);
});
