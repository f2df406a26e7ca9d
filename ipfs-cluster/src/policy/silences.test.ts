// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { Silences } from './silences.js';

const MINUTE_MS = 60_000;

it('gives up a hospital that has been silent in every run for five minutes', () => {
  const silences = new Silences();
  silences.note(['elm', 'birch'], 0);
  silences.note(['elm'], MINUTE_MS);
  silences.note(['elm', 'birch'], 4 * MINUTE_MS);
  expect(silences.givenUp(4 * MINUTE_MS)).toEqual([]);
  expect(silences.givenUp(5 * MINUTE_MS)).toEqual(['elm']);
  silences.note(['birch'], 6 * MINUTE_MS);
  expect(silences.givenUp(9 * MINUTE_MS)).toEqual(['birch']);
});
