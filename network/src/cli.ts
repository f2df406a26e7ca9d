// SPDX-License-Identifier: Apache-2.0
import { Command, CommanderError } from 'commander';
import { addClient } from './commands/client.js';
import { addCustody } from './commands/custody.js';
import { addDoctor } from './commands/doctor.js';
import { addEnv } from './commands/env.js';
import { addLogs } from './commands/logs.js';
import { complain } from './commands/output.js';
import { addProcess } from './commands/process.js';
import { addRender } from './commands/render.js';
import { addReset } from './commands/reset.js';
import { addStart } from './commands/start.js';
import { addStatus } from './commands/status.js';
import { addStory } from './commands/story.js';
import { addTools } from './commands/tools.js';
import { addUpAndDown } from './commands/up.js';

const ownerOnly = 0o077;
const usageExitCode = 2;

/** Puts the whole command together. */
export function tutela(): Command {
  const program = new Command('tutela')
    .description('A consortium of hospitals on this machine: its ledger, its vault, its custodians and its doors.')
    .option('-s, --state <folder>', 'where everything is kept (default: TUTELA_STATE, or .tutela beside the product)')
    .option('--json', 'answer with JSON, for machines')
    .showHelpAfterError()
    .enablePositionalOptions();
  const parts = [addStart, addUpAndDown, addStatus, addLogs, addDoctor, addStory, addClient, addCustody, addEnv, addProcess, addTools, addRender, addReset];
  for (const add of parts) add(program);
  // Options such as --json are understood before and after the command's name.
  for (const command of everyCommand(program)) command.option('--json', 'answer with JSON').option('-s, --state <folder>', 'the state folder').exitOverride();
  return program.exitOverride();
}

function everyCommand(command: Command): readonly Command[] {
  return command.commands.flatMap((each) => [each, ...everyCommand(each)]);
}

async function main(): Promise<void> {
  process.umask(ownerOnly);
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
