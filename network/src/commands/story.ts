// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Command } from 'commander';
import { GroundError } from '../errors.js';
import { exists } from '../lifecycle/files.js';
import { productDir } from '../lifecycle/state.js';
import { globals } from './globals.js';

const story = join(productDir, 'test', 'dist', 'story', 'main.js');

/** The output of the story: one JSON object a line for machines, or lines for people. */
type Telling = Readonly<{ json: boolean; only?: string | undefined }>;

/** `tutela story`: tells the story again on the running consortium, with new patients. */
export function addStory(program: Command): void {
  program
    .command('story')
    .description('play the story, a demonstration with new patients, on the running consortium')
    .option('--only <steps>', 'play only these steps, separated by commas')
    .action(async ({ only }: Readonly<{ only?: string }>, command: Command) => {
      const { json, state } = globals(command);
      process.exitCode = await tellStory(state, { json, only });
    });
}

/** Runs the story against the consortium in the folder and returns its exit code. */
export async function tellStory(state: string, { json, only }: Telling): Promise<number> {
  if (!(await exists(story))) {
    throw new GroundError('NOT_BUILT', 'The story is not built.', { advice: 'Run `npm run build`.' });
  }
  const args = [...(json ? ['--json'] : []), ...(only === undefined ? [] : ['--only', only])];
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
