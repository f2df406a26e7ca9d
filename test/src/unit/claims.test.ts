// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { claimOf, testsThatRan } from '../support/claims.js';

describe('the command that runs the tests of a claim', () => {
  test('without a title prints its usage', () => {
    expect(claimOf(undefined)).toEqual({ complaint: expect.stringContaining('usage: npm run claim -- "') });
    expect(claimOf(' ')).toEqual(claimOf(undefined));
  });

  test('finds the reader’s tests by a title with a typewriter’s apostrophe', () => {
    expect(claimOf("finds the reader's tests by a title with a typewriter's apostrophe")).toEqual({
      title: 'finds the reader’s tests by a title with a typewriter’s apostrophe',
      files: ['test/src/unit/claims.test.ts'],
    });
  });

  test.each(['a case’s title in a table'])('%s', (title) => {
    expect(claimOf(title.replace('’', "'"))).toMatchObject({ title });
  });

  test('names the nearest titles where none fits', () => {
    // In backticks: a sentence in apostrophes counts as the title of a table's case.
    const found = claimOf(`finds the tests by a title with an apostrophe`);
    const complaint = 'complaint' in found ? found.complaint : '';
    expect(complaint).toContain('No test has this title');
    expect(complaint).toContain('  finds the reader’s tests by a title with a typewriter’s apostrophe\n');
    expect(claimOf(`qq xy`)).toEqual({ complaint: 'No test has this title: qq xy\n' });
  });

  test('lists the tests that ran, and none that was skipped', () => {
    const assertionResults = [
      { fullName: 'a b', status: 'passed' },
      { fullName: 'a c', status: 'failed' },
      { fullName: 'a d', status: 'pending' },
    ];
    expect(testsThatRan({ testResults: [{ assertionResults }] })).toEqual([
      { name: 'a b', passed: true },
      { name: 'a c', passed: false },
    ]);
  });
});
