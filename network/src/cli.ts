// SPDX-License-Identifier: Apache-2.0
import { CommanderError } from 'commander';
import { complain, endWithReader } from './commands/output.js';
import { tutela } from './commands/program.js';

const ownerOnly = 0o077;
const usageExitCode = 2;

async function main(): Promise<void> {
  process.umask(ownerOnly);
  for (const stream of [process.stdout, process.stderr])
    endWithReader(stream, () => {
      process.exit();
    });
  try {
    await tutela().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : usageExitCode;
    else {
      complain(error, process.argv.includes('--json'));
      process.exitCode = 1;
    }
  }
}

await main();
