// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryDir } from '../support/repository.js';
import { planOf, SECTIONS, type Plan } from './plan.js';

/** How a run was asked for. */
export interface Arguments {
  readonly plan: Plan;
  readonly json: boolean;
  readonly write: string;
  readonly state: string;
  readonly keep: boolean;
}

const USAGE = `npm run bench -- [options]
  --quick            the promised figures in some minutes
  --only <sections>  these alone, separated by commas: ${SECTIONS.join(', ')}
  --reads <n>        readings that race revocations
  --idle-minutes <n> how long the consortium is left alone
  --json             a last line for machines
  --write <folder>   where the report and its plots go (.tutela/benchmarks)
  --state <folder>   where the consortium lives (.tutela/bench); what is there is thrown away
  --keep             leaves the consortium running
`;

/** What the command line asks for; ends the program when it asks for help, or for what is not there. */
export function readArguments(): Arguments {
  try {
    const { values: asked } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        reads: { type: 'string' },
        'idle-minutes': { type: 'string' },
        json: { type: 'boolean', default: false },
        write: { type: 'string', default: join(repositoryDir, '.tutela', 'benchmarks') },
        state: { type: 'string', default: join(repositoryDir, '.tutela', 'bench') },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (asked.help) end(process.stdout, USAGE, 0);
    return { ...asked, plan: planOf({ ...asked, idleMinutes: asked['idle-minutes'] }) };
  } catch (error) {
    return end(process.stderr, `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, 2);
  }
}

function end(stream: NodeJS.WriteStream, text: string, code: number): never {
  stream.write(text);
  process.exit(code);
}
