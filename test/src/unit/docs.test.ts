// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { GROUND_ERROR_CODES } from '@tutela/network';
import { fencedBlocks, type FencedBlock } from '../support/fenced-blocks.js';
import { filesUnder, readRepositoryFile, repositoryDir } from '../support/repository.js';

const documents = [...filesUnder('docs', '.md'), 'README.md', 'SECURITY.md', 'CONTRIBUTING.md'].filter(
  (name) => existsSync(join(repositoryDir, name)),
);
const blocks = documents.flatMap((name) => fencedBlocks(name, readRepositoryFile(name)));
const runTimeoutMs = 60_000;

/** Blocks marked `run`, each with the block marked `output` that follows it directly, if one does. */
function runnable(): readonly (readonly [string, FencedBlock, string | undefined])[] {
  return blocks.flatMap((block, position) => {
    if (!block.marks.includes('run')) return [];
    const next = blocks[position + 1];
    const expected =
      next?.marks.includes('output') === true && next.document === block.document ? next.text : undefined;
    return [[`${block.document}:${block.line}`, block, expected] as const];
  });
}

function run({ language, text }: FencedBlock): { readonly status: number | null; readonly output: string } {
  const env = {
    ...process.env,
    PATH: `${join(repositoryDir, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`,
  };
  const options = { cwd: repositoryDir, env, encoding: 'utf8', timeout: runTimeoutMs } as const;
  const done =
    language === 'sh'
      ? spawnSync('sh', ['-eu', '-c', text], options)
      : spawnSync('node', ['--input-type=module', '--no-warnings', '-'], { ...options, input: text });
  return { status: done.status, output: done.stdout + done.stderr };
}

describe('what the documents show', () => {
  for (const [where, block, expected] of runnable())
    test(`${where} runs, and prints what it says`, () => {
      const { status, output } = run(block);
      expect({ status, output }).toEqual({ status: 0, output: expected ?? output });
    });

  test('every JSON block is JSON', () => {
    const broken = blocks
      .filter(({ language, marks }) => language === 'json' && !marks.includes('shortened'))
      .filter(({ text }) => !isJson(text))
      .map(({ document, line }) => `${document}:${line}`);
    expect(broken).toEqual([]);
  });

  test('every command of npm that a document names exists', () => {
    const { scripts } = JSON.parse(readRepositoryFile('package.json')) as { scripts: Record<string, string> };
    const named = documents.flatMap((name) =>
      [...readRepositoryFile(name).matchAll(/npm run ([a-z][a-z0-9:-]*)/g)].map((match) => match[1] ?? ''),
    );
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  });

  test('every code with which a tutela command fails is explained once for its operator', () => {
    const rows = [...readRepositoryFile('docs/operating.md').matchAll(/^\| `([A-Z_]+)` /gm)];
    expect(rows.map((row) => row[1]).sort()).toEqual([...GROUND_ERROR_CODES, 'UNEXPECTED'].sort());
  });

  test('no paragraph stands twice', () => {
    const twice = documents.flatMap((name) => {
      const lines = readRepositoryFile(name).split('\n');
      const beginnings = lines.filter((line) => line.length >= 60 && !line.startsWith('|'));
      const counted = Map.groupBy(beginnings, (line) => line.slice(0, 60));
      return [...counted].flatMap(([beginning, { length }]) => (length > 1 ? [`${name}: ${beginning}`] : []));
    });
    expect(twice).toEqual([]);
  });

  test('every relative link leads somewhere', () => {
    const broken = documents.flatMap((name) =>
      [...readRepositoryFile(name).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .map((match) => join(dirname(name), match[1] ?? ''))
        .filter((target) => !existsSync(join(repositoryDir, target)))
        .map((target) => `${name} links to ${target}`),
    );
    expect(broken).toEqual([]);
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
