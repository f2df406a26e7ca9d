// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { productDir } from '../lifecycle/state.js';
import { addClient } from './client.js';
import { addCrl } from './crl.js';
import { addCustody } from './custody.js';
import { addDoctor } from './doctor.js';
import { addEnv } from './env.js';
import { addHospital } from './hospital.js';
import { addLogs } from './logs.js';
import { addProcess } from './process.js';
import { addRender } from './render.js';
import { addReset } from './reset.js';
import { addStart } from './start.js';
import { addStatus } from './status.js';
import { addStory } from './story.js';
import { addTools } from './tools.js';
import { addUpAndDown } from './up.js';

const product = z.looseObject({ version: z.string() });

/** Puts the whole command together. */
export function tutela(): Command {
  const program = new Command('tutela')
    .description(
      'Run a consortium of hospitals on this machine: its ledger, IPFS nodes, custodians and gateways.',
    )
    .version(versionHere(), '-V, --version', 'print the version of the product')
    .option('-s, --state <folder>', 'the state folder (default: TUTELA_STATE, or .tutela beside the product)')
    .option('--json', 'print JSON, for machines')
    .showHelpAfterError()
    .enablePositionalOptions();
  const parts = [
    addStart,
    addUpAndDown,
    addStatus,
    addLogs,
    addDoctor,
    addStory,
    addClient,
    addCustody,
    addHospital,
    addCrl,
    addEnv,
    addProcess,
    addTools,
    addRender,
    addReset,
  ];
  for (const add of parts) add(program);
  // Options such as --json are understood before and after the command's name.
  for (const command of everyCommand(program))
    command.option('--json', 'print JSON').option('-s, --state <folder>', 'the state folder').exitOverride();
  return program.exitOverride();
}

function versionHere(): string {
  return product.parse(JSON.parse(readFileSync(join(productDir, 'package.json'), 'utf8'))).version;
}

function everyCommand(command: Command): readonly Command[] {
  return command.commands.flatMap((each) => [each, ...everyCommand(each)]);
}
