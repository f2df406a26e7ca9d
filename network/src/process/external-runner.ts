// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { writeIfChanged } from '../lifecycle/files.js';
import type { ProcessSpec } from '../plan/process-spec.js';
import type { ProcessRunner } from './process-runner.js';
import { shellQuoted } from './shell.js';
import type { SupervisedProcess } from './supervisor.js';

/** The file, in a process's own folder, that says that everything it needs is in place. */
export const startFileName = 'start.env';

/** For processes that a container engine runs: each waits for a file with its environment, which is written here. */
export class ExternalRunner implements ProcessRunner {
  async ensure(spec: ProcessSpec): Promise<void> {
    const lines = Object.entries(spec.env).map(([name, value]) => `export ${name}=${shellQuoted(value)}\n`);
    await writeIfChanged(join(spec.cwd, startFileName), lines.join(''));
  }

  list(): Promise<readonly SupervisedProcess[]> {
    return Promise.resolve([]);
  }
}
