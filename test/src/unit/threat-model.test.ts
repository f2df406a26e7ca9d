// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { readRepositoryFile } from '../support/repository.js';
import { filesOfTest, patternOfTest } from '../support/test-titles.js';

const QUOTED = /`([^`]+)`/g;
const CELL_BORDER = /(?<!\\)\|/;

/** The tables of a page, each with its header and its rows, as cells. */
function tablesOf(lines: readonly string[]): readonly (readonly (readonly string[])[])[] {
  const tables: string[][][] = [];
  lines.forEach((line, index) => {
    if (!line.startsWith('|')) return;
    if (!lines[index - 1]?.startsWith('|')) tables.push([]);
    tables.at(-1)?.push(line.split(CELL_BORDER).slice(1, -1));
  });
  return tables;
}

/** What is quoted in the last column of a page's tables. A test's name is a sentence; that of a file or a step is none. */
function testsInTables(lines: readonly string[]): readonly string[] {
  return quotedIn(tablesOf(lines).flatMap((rows) => rows.map((cells) => cells.at(-1) ?? ''))).filter((name) =>
    name.includes(' '),
  );
}

/** The attacks that a page names outside of its tables. */
function attacksInProse(lines: readonly string[]): readonly string[] {
  return quotedIn(lines.filter((line) => !line.startsWith('|'))).filter((name) => /^attack\b.* /.test(name));
}

function quotedIn(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => [...text.matchAll(QUOTED)].map(([, name]) => name ?? ''));
}

describe.each(['docs/security/threat-model.md', 'docs/security/advisories.md'])('%s', (page) => {
  const lines = readRepositoryFile(page).split('\n');
  const named = testsInTables(lines);

  test('names the tests of its rows', () => {
    expect(named.length).toBeGreaterThan(40);
  });

  test('has as many cells in each row as its table has columns', () => {
    const odd = tablesOf(lines).flatMap(([header, ...rows]) =>
      rows.filter((cells) => cells.length !== header?.length).map(([first]) => first?.trim()),
    );
    expect(odd).toEqual([]);
  });

  test.each([...new Set([...named, ...attacksInProse(lines)])])('%s', (name) => {
    expect(filesOfTest(name)).not.toEqual([]);
  });
});

describe('a claim is found by its title', () => {
  test('as it stands in the sources, in the file that has it', () => {
    const title = 'a claim is found by its title';
    expect(filesOfTest(title)).toEqual(['test/src/unit/threat-model.test.ts']);
    expect(filesOfTest(`${title}, or not`)).toEqual([]);
  });

  test('with anything where a case of a table puts something in', () => {
    const pattern = new RegExp(patternOfTest('refuses %s (twice), as mode %o says'));
    expect(pattern.test('attacks refuses a.b (twice), as mode 420 says')).toBe(true);
    expect(pattern.test('refuses a.b twice, as mode 420 says')).toBe(false);
  });
});
