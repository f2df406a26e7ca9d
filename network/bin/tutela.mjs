#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Starts the compiled command under the Node that the lock file names, whatever Node runs this file.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const bundled = `${root}node_modules/.bin/node`;

if (!existsSync(cli)) {
  console.error(
    'tutela: not built yet. Run `npm run build` in the repository (it installs what is missing), then try again.',
  );
  process.exit(1);
}
const node = existsSync(bundled) ? bundled : process.execPath;
const child = spawn(node, ['--no-warnings', cli, ...process.argv.slice(2)], { stdio: 'inherit' });
// This process only waits for what the child makes of a signal, which may reach it twice.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => child.kill(name));
child.once('error', (error) => {
  console.error(`tutela: ${node} could not be started: ${error.message}`);
  process.exit(1);
});
child.once('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
