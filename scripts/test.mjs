// SPDX-License-Identifier: Apache-2.0
// Runs every test: first the fast ones in process, on all cores, then those on real processes, for which
// the programs of Fabric and IPFS are found or compiled: the suites that share one consortium, and beside them those
// that bring up a ground of their own, since both spend most of their time waiting for clocks and elections. The shared
// consortium comes up while the fast ones run.
// `npm test -- --unit` runs the fast ones alone; further arguments go to Jest.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loggedErrors } from './logged-errors.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bundled = join(root, 'node_modules', '.bin', 'node');
const node = existsSync(bundled) ? bundled : process.execPath;
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const sharedStateDir = process.env['TUTELA_TEST_STATE'] ?? join(root, '.tutela', 'test-e2e');
const cli = join(root, 'network', 'dist', 'cli.js');
const unitOnly = process.argv.includes('--unit');
/** How many of the slowest tests are told of each project. */
const SHOWN = 12;
const passedOn = process.argv.slice(2).filter((argument) => argument !== '--unit');

/** Runs a program to its end and returns its exit code, null when a signal ended it. */
function run(args) {
  // The end-to-end tests start programs by the name "node": it must be the same one.
  const PATH = `${join(root, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`;
  const child = spawn(node, args, {
    cwd: root,
    env: { ...process.env, PATH },
    // Through pipes: two runs that both draw on one terminal would overwrite each other's lines.
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.pipe(process.stdout, { end: false });
  child.stderr.pipe(process.stderr, { end: false });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

/** Runs one Jest project and counts its tests; a suite that could not even start counts as one failure. */
async function runProject(project, extra) {
  const dir = mkdtempSync(join(tmpdir(), 'tutela-test-'));
  const report = join(dir, 'report.json');
  try {
    const args = ['--experimental-vm-modules', '--no-warnings', jest, `--selectProjects=${project}`];
    const status = await run([
      ...args,
      '--passWithNoTests',
      '--json',
      `--outputFile=${report}`,
      ...extra,
      ...passedOn,
    ]);
    if (!existsSync(report)) return { passed: 0, failed: 1 };
    const result = JSON.parse(readFileSync(report, 'utf8'));
    tellSlowest(result);
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
    return { passed: result.numPassedTests, failed: failed === 0 && status !== 0 ? 1 : failed };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Where the time went: the tests of a project that took longest. */
function tellSlowest({ testResults }) {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const slowest = tests.toSorted((one, other) => (other.duration ?? 0) - (one.duration ?? 0)).slice(0, SHOWN);
  for (const { duration, fullName } of slowest)
    console.log(`${((duration ?? 0) / 1000).toFixed(1).padStart(8)} s  ${fullName}`);
}

/** A consortium of its own for this run, for the suites that share one; what fails here is tried again by their set-up. */
async function bringUpShared() {
  const at = ['--state', sharedStateDir];
  if ((await run([cli, 'reset', '--yes', ...at])) !== 0) return;
  await run([cli, 'up', '--topology', join(root, 'test', 'consortium.yaml'), ...at]);
  process.env['TUTELA_TEST_IS_UP'] = 'yes';
}

async function runOnRealProcesses() {
  // A suite stops processes that another of its project needs: within a project they run one after another.
  const inTurn = ['--runInBand', `--testSequencer=${join(root, 'test', 'sequencer.mjs')}`];
  const [shared, apart] = await Promise.all([runProject('e2e', inTurn), runProject('apart', inTurn)]);
  if (shared.failed > 0) for (const line of loggedErrors(sharedStateDir)) console.log(line);
  return [shared, apart];
}

async function runAll() {
  if (unitOnly) return [await runProject('unit', [])];
  if ((await run([cli, 'tools'])) !== 0) return [await runProject('unit', []), { passed: 0, failed: 1 }];
  // A run of some suites by name may need no consortium at all.
  const isWhole = passedOn.length === 0 && process.env['TUTELA_TEST_KEEP'] === undefined;
  const [units] = await Promise.all([runProject('unit', []), isWhole ? bringUpShared() : undefined]);
  return [units, ...(await runOnRealProcesses())];
}

const results = await runAll();

const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
