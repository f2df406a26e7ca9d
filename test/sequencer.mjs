// SPDX-License-Identifier: Apache-2.0
import TestSequencer from '@jest/test-sequencer';

/** Suites that a fourth hospital joins: what comes after them sees a larger consortium. */
const LAST = ['e2e/story'];

/** The order of the suites on real processes: the same on every machine, by name, whatever grew or failed before. */
export default class Sequencer extends TestSequencer {
  sort(tests) {
    return tests.toSorted((one, other) => rank(one) - rank(other) || one.path.localeCompare(other.path));
  }
}

function rank({ path }) {
  return LAST.some((suite) => path.endsWith(`${suite}.test.js`)) ? 1 : 0;
}
