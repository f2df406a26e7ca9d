// SPDX-License-Identifier: Apache-2.0
// Runs the tests that back a claim of the threat model: `npm run claim -- "<title>"`. Fails where none has the title.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryDir } from './support/repository.js';
import { claimOf, testsThatRan } from './support/claims.js';
import { patternOfTest } from './support/test-titles.js';

const LIVE = /^test\/src\/(?:e2e|security|faults)\//;

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

const claim = claimOf(process.argv[2]);
if ('complaint' in claim) {
  process.stderr.write(claim.complaint);
  process.exitCode = 1;
} else {
  const { files, title } = claim;
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
    // Jest's own list would show every other test of the files as skipped.
    const options = [
      '--verbose=false',
      '-t',
      patternOfTest(wanted),
      '--json',
      `--outputFile=${report}`,
      '--runTestsByPath',
    ];
    const { status, stdout } = spawnSync('npm', ['run', script, '--', ...options, ...paths], {
      cwd: repositoryDir,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    // A run at random says how to repeat it.
    for (const line of stdout.split('\n'))
      if (line.includes('TUTELA_SEED=')) process.stdout.write(`${line.trim()}\n`);
    if (!existsSync(report)) return false;
    const ran = testsThatRan(JSON.parse(readFileSync(report, 'utf8')));
    for (const { name, passed } of ran) process.stdout.write(`${passed ? 'passed' : 'FAILED'}: ${name}\n`);
    return status === 0 && ran.length > 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
