// SPDX-License-Identifier: Apache-2.0
import { CommanderError } from 'commander';
import { complain, endWithReader, exitCodeOf } from './commands/output.js';
import { tutela } from './commands/program.js';

const ownerOnly = 0o077;

async function main(): Promise<void> {
  process.umask(ownerOnly);
  for (const stream of [process.stdout, process.stderr])
    endWithReader(stream, () => {
      process.exit();
    });
  try {
    await tutela().parseAsync();
  } catch (error) {
    // Commander has printed its own already.
    if (!(error instanceof CommanderError)) complain(error, process.argv.includes('--json'));
    process.exitCode = exitCodeOf(error);
  }
}

await main();
