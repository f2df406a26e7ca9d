// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { resolveBinaries } from '../tools/resolve.js';
import { globals } from './globals.js';
import { say, sayJson, table } from './output.js';

/** `tutela tools`: finds or compiles the programs of Fabric and IPFS, and says which are used. */
export function addTools(program: Command): void {
  program
    .command('tools')
    .description('find the programs of Fabric and IPFS, or compile them, and say where they are')
    .action(async (_: unknown, command: Command) => {
      const binaries = await resolveBinaries({
        onProgress: (line) => process.stderr.write(`${line}\n`),
      });
      if (globals(command).json) {
        sayJson(binaries);
        return;
      }
      const rows = binaries.families.map(({ dir, id, origin, version }) => [
        id,
        `${version.major}.${version.minor}.${version.patch}`,
        origin,
        dir,
      ]);
      say(table([['FAMILY', 'VERSION', 'FROM', 'FOLDER'], ...rows]));
    });
}
