// SPDX-License-Identifier: Apache-2.0
import { readdir, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { GroundError } from '../errors.js';
import { down } from '../lifecycle/down.js';
import { layoutState } from '../plan/layout.js';
import { join } from 'node:path';
import { globals } from './globals.js';
import { say, sayJson } from './output.js';

/** `tutela reset`: ends the consortium and destroys what it stored, after asking. */
export function addReset(program: Command): void {
  program
    .command('reset')
    .description('stop everything and delete the state: ledgers, keys, shares and stored records')
    .option('-y, --yes', 'do not ask')
    .action(async ({ yes }: { yes?: boolean }, command: Command) => {
      const { json, state } = globals(command);
      if (yes !== true) await ask(state);
      await down(state);
      await removeState(state);
      const left = await readdir(state).catch(() => []);
      if (json) sayJson({ reset: state, left });
      else say(whatIsLeft(state, left));
    });
}

/** What lies in a state folder after its consortium was deleted: another state folder may be inside. */
export function whatIsLeft(state: string, left: readonly string[]): string {
  if (left.length === 0) return `${state} is empty.`;
  return `The consortium in ${state} is deleted. Not part of it, and left there: ${[...left].sort().join(', ')}.`;
}

/** Removes what a consortium put into its state folder, and nothing else that may lie there. */
export async function removeState(state: string): Promise<void> {
  const at = layoutState(state);
  const folders = [at.consortium, join(state, 'hospitals')];
  const files = [
    at.topologyFile,
    at.portsFile,
    at.profileFile,
    at.lockFile,
    at.storyLockFile,
    at.processesFile,
    at.supervisorSocket,
    at.supervisorLog,
  ];
  for (const path of [...folders, ...files]) await rm(path, { recursive: true, force: true });
}

async function ask(state: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new GroundError('USAGE', 'This deletes a consortium, and there is no terminal on which to ask.', {
      advice: 'Add --yes if you mean it.',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(
    `Delete everything that the consortium in ${state} stored? Type "yes": `,
  );
  terminal.close();
  if (answer.trim() !== 'yes') throw new GroundError('USAGE', 'Nothing was deleted.');
}
