// SPDX-License-Identifier: Apache-2.0
// Runs the tests that back a claim of the threat model: `npm run claim -- "<title>"`. Fails where none has the title.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { repositoryDir } from './support/repository.js';
import { filesOfTest, patternOfTest } from './support/test-titles.js';

const LIVE = /^test\/src\/(?:e2e|security|faults)\//;
const counts = z.looseObject({ numPassedTests: z.number(), numFailedTests: z.number() });

const [title] = process.argv.slice(2);
const files = title === undefined ? [] : filesOfTest(title);
if (title === undefined || files.length === 0) {
  process.stderr.write(`No test has this title: ${title ?? 'name one'}\n`);
  process.exitCode = 1;
} else {
  const live = files.filter((file) => LIVE.test(file));
  const units = files.filter((file) => !LIVE.test(file));
  const compiled = live.map((file) => file.replace(/\/src\//, '/dist/').replace(/\.ts$/, '.js'));
  const passed = [
    ...(units.length === 0 ? [] : [run('test:unit', units, title)]),
    ...(live.length === 0 ? [] : [run('test:e2e', compiled, title)]),
  ];
  process.exitCode = passed.every(Boolean) ? 0 : 1;
}

/** Whether the tests of that title ran in these files, and passed. */
function run(script: string, paths: readonly string[], wanted: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'tutela-claim-'));
  try {
    const report = join(folder, 'report.json');
    const options = ['-t', patternOfTest(wanted), '--json', `--outputFile=${report}`, '--runTestsByPath'];
    const { status } = spawnSync('npm', ['run', script, '--', ...options, ...paths], {
      cwd: repositoryDir,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status !== 0) return false;
    const { numPassedTests, numFailedTests } = counts.parse(JSON.parse(readFileSync(report, 'utf8')));
    process.stdout.write(`${numPassedTests} passed, ${numFailedTests} failed\n`);
    return numPassedTests > 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
