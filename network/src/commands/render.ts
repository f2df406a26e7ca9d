// SPDX-License-Identifier: Apache-2.0
import { relative, resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import { productDir } from '../lifecycle/state.js';
import { renderCompose } from '../render/compose.js';
import { defaultTopologyPath, loadTopology } from '../topology/load.js';

/** `tutela render`: the same consortium in another form. */
export function addRender(program: Command): void {
  program
    .command('render')
    .description('print docker-compose.yaml for a topology')
    .addArgument(new Argument('<form>', 'what to print').choices(['compose']))
    .option('-t, --topology <file>', 'topology file', defaultTopologyPath)
    .action(async (_form: string, { topology }: { topology: string }) => {
      const path = resolve(topology);
      process.stdout.write(renderCompose(await loadTopology(path), sourceOf(path)));
    });
}

/** The topology file as the containers see it: a file of the product, or undefined for one in a state folder. */
function sourceOf(path: string): string | undefined {
  const source = relative(productDir, path);
  return source.startsWith('network/topologies/') ? source : undefined;
}
