// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { openState } from '../lifecycle/state.js';
import { consortiumStatus } from '../lifecycle/status.js';
import { globals } from './globals.js';
import { say, sayJson, table } from './output.js';

/** `tutela status`: every process, and an exit code that says whether all are ready. */
export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show every process with hospital, kind, pid, address and health')
    .action(async (_: unknown, command: Command) => {
      const { json, state } = globals(command);
      // Says that there is no consortium where there is none, rather than that it is stopped.
      await openState(state);
      const all = await consortiumStatus(state);
      if (json) {
        sayJson(all);
      } else {
        const rows = all.map((each) => [
          each.hospital,
          each.kind,
          String(each.pid ?? '-'),
          each.address,
          each.health,
          String(each.restarts),
          each.detail,
        ]);
        say(table([['HOSPITAL', 'KIND', 'PID', 'ADDRESS', 'HEALTH', 'RESTARTS', ''], ...rows]));
      }
      if (all.some(({ health }) => health !== 'ready')) process.exitCode = 3;
    });
}
