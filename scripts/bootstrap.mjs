// SPDX-License-Identifier: Apache-2.0
// Installs what the lock file names and, with --build, compiles the workspaces.
// It runs under the host's Node before anything is installed, so it depends on nothing.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stampPath = join(root, 'node_modules', '.tutela-lock-digest');

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
  npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  writeFileSync(stampPath, digest);
}

function build() {
  console.error('tutela: building');
  const bundled = join(root, 'node_modules', '.bin', 'node');
  const node = existsSync(bundled) ? bundled : process.execPath;
  run(node, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b']);
  run(node, [join(root, 'chaincode', 'bundle.mjs')]);
}

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  console.error(`tutela: Node ${process.versions.node} is too old; install Node 20 or newer and try again.`);
  process.exit(1);
}
install();
if (process.argv.includes('--build')) build();
