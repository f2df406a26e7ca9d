// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { renderCompose } from '../render/compose.js';
import { defaultTopologyPath, loadTopology } from '../topology/load.js';

/** `tutela render`: the same consortium in another form. */
export function addRender(program: Command): void {
  program
    .command('render')
    .description('print docker-compose.yaml for a topology')
    .argument('<form>', 'compose')
    .option('-t, --topology <file>', 'topology file', defaultTopologyPath)
    .action(async (_form: string, { topology }: { topology: string }) => {
      process.stdout.write(renderCompose(await loadTopology(resolve(topology))));
    });
}
