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
    expect(titles.includes(name) || texts.includes(`'${name}'`)).toBe(true);
  });
});
