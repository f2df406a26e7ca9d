// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { down } from '../lifecycle/down.js';
import { consortiumParts, type ConsortiumPart } from '../lifecycle/up.js';
import { bringUp } from './bring-up.js';
import { globals } from './globals.js';
import { say, sayJson } from './output.js';

interface UpFlags {
  readonly topology?: string;
  readonly parts?: readonly ConsortiumPart[];
  readonly external?: boolean;
}

/** `tutela up` and `tutela down`. */
export function addUpAndDown(program: Command): void {
  program
    .command('up')
    .description('bring the consortium up, going on where an earlier attempt stopped')
    .option('-t, --topology <file>', 'topology of a new consortium (default: three hospitals)')
    .addOption(new Option('--parts <part...>', 'bring up only these parts').choices(consortiumParts))
    .option('--external', 'set up only; Docker Compose runs the processes')
    .action(async ({ external, parts, topology }: UpFlags, command: Command) => {
      const { json, state } = globals(command);
      const profile = await bringUp(
        {
          state,
          external: external === true,
          ...(topology !== undefined && { topology: resolve(topology) }),
          ...(parts !== undefined && { parts }),
        },
        json,
      );
      if (json) sayJson({ profile: `${state}/profile.json` });
      else for (const { gatewayUrl, name } of profile.hospitals) say(`${name}: ${gatewayUrl}`);
    });
  program
    .command('down')
    .alias('stop')
    .description('stop every process; nothing that was stored is lost')
    .action(async (_: unknown, command: Command) => {
      const { json, state } = globals(command);
      const stopped = await down(state);
      if (json) sayJson({ stopped });
      else say(stopped ? 'Every process has ended.' : 'Nothing was running.');
    });
}
