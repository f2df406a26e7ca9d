// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { filesUnder, readRepositoryFile, workspaces } from '../support/repository.js';

const QUOTED = /`([^`]+)`/g;
const TITLE = /\b(?:test|it|describe)(?:\.each\([\s\S]*?\))?\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g;

const sources = workspaces
  .flatMap((workspace) => filesUnder(`${workspace}/src`, '.test.ts'))
  .map(readRepositoryFile);
/** Every title that stands in a test, and every text that a table of cases may put into one. */
const titles = sources.flatMap((source) => [...source.matchAll(TITLE)].map(([, , title]) => title ?? ''));
const texts = sources.join('\n');

/** The names in the last column of a page's tables. A test's name is a sentence; that of a file or a step is none. */
function testsNamedIn(page: string): readonly string[] {
  const rows = readRepositoryFile(page)
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return rows
    .flatMap((row) => [...(row.split('|').at(-2) ?? '').matchAll(QUOTED)].map(([, name]) => name ?? ''))
    .filter((name) => name.includes(' '));
}

describe.each(['docs/security/threat-model.md', 'docs/security/advisories.md'])('%s', (page) => {
  const named = testsNamedIn(page);

  test('names the tests of its rows', () => {
    expect(named.length).toBeGreaterThan(40);
  });

  test.each(named)('%s', (name) => {
    expect(titles.includes(name) || texts.includes(`'${name}'`)).toBe(true);
  });
});
