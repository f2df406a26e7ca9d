// SPDX-License-Identifier: Apache-2.0
// Installs what the lock file names and, with --build, compiles the workspaces.
// It runs under the host's Node before anything is installed, so it depends on nothing.
// When nothing has changed since the last time, it only looks: that takes a fraction of a second.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stampPath = join(root, 'node_modules', '.tutela-lock-digest');
const buildStampPath = join(root, 'node_modules', '.tutela-build-digest');
const oldestMajor = 20;
const workspaces = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).workspaces;

function lockDigest() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function run(command, args, env = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (result.status !== 0) {
    console.error(`tutela: "${command} ${args.join(' ')}" failed; see the lines above.`);
    process.exit(result.status ?? 1);
  }
}

function npm(args) {
  const cli = process.env['npm_execpath'];
  if (cli === undefined) run('npm', args);
  else run(process.env['npm_node_execpath'] ?? process.execPath, [cli, ...args]);
}

function install() {
  const digest = lockDigest();
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === digest) return;
  console.error('tutela: installing dependencies (about a minute the first time)');
  npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stampPath, digest);
}

/** Every file that the build reads, with its size and time of change. */
function* inputs(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) yield `${path} ${stat.size} ${stat.mtimeMs}`;
  else for (const name of readdirSync(path).sort()) yield* inputs(join(path, name));
}

function buildDigest() {
  const hash = createHash('sha256').update(lockDigest());
  const names = ['tsconfig.base.json', 'tsconfig.json', 'chaincode/bundle.mjs'];
  for (const workspace of workspaces) {
    names.push(`${workspace}/src`, `${workspace}/package.json`, `${workspace}/tsconfig.json`);
  }
  for (const name of names) for (const line of inputs(join(root, name))) hash.update(`${line}\n`);
  return hash.digest('hex');
}

function isBuilt(digest) {
  if (!existsSync(buildStampPath) || readFileSync(buildStampPath, 'utf8') !== digest) return false;
  const bundle = join(root, 'chaincode', 'dist', 'tutela-chaincode.cjs');
  return existsSync(bundle) && workspaces.every((name) => existsSync(join(root, name, 'dist')));
}

function build() {
  const digest = buildDigest();
  if (isBuilt(digest)) return;
  console.error('tutela: building (one to three minutes the first time)');
  rmSync(buildStampPath, { force: true });
  const bundled = join(root, 'node_modules', '.bin', 'node');
  const node = existsSync(bundled) ? bundled : process.execPath;
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  // In the order in which they need one another.
  for (const [position, name] of workspaces.entries()) {
    console.error(`tutela: building ${name} (${position + 1} of ${workspaces.length})`);
    run(node, [tsc, '-b', join(root, name)]);
  }
  console.error('tutela: bundling the chaincode');
  run(node, [join(root, 'chaincode', 'bundle.mjs')]);
  writeFileSync(buildStampPath, digest);
}

const major = Number(process.versions.node.split('.')[0]);
if (major < oldestMajor) {
  console.error(`tutela: Node ${process.versions.node} is too old; install Node 20 or newer and try again.`);
  process.exit(1);
}
install();
if (process.argv.includes('--build')) build();
