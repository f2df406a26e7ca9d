// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Command } from 'commander';
import { GroundError } from '../errors.js';
import { exists } from '../lifecycle/files.js';
import { productDir } from '../lifecycle/state.js';
import { globals } from './globals.js';

const story = join(productDir, 'test', 'dist', 'story', 'main.js');

/** `tutela story`: tells the story again on the running consortium, with new patients. */
export function addStory(program: Command): void {
  program
    .command('story')
    .description('tell the story on the running consortium; further arguments are passed on to it')
    .allowUnknownOption()
    .argument('[arguments...]')
    .action(async (rest: readonly string[], _: unknown, command: Command) => {
      const { json, state } = globals(command);
      process.exitCode = await tellStory(state, [...(json ? ['--json'] : []), ...rest]);
    });
}

/** Runs the story against the consortium in the folder and returns its exit code. */
export async function tellStory(state: string, args: readonly string[]): Promise<number> {
  if (!(await exists(story))) {
    throw new GroundError('NOT_BUILT', 'The story is not built.', { advice: 'Run `npm run build`.' });
  }
  const child = spawn(process.execPath, [story, ...args], {
    stdio: 'inherit',
    env: { ...process.env, TUTELA_STATE: state },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}
