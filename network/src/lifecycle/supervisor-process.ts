// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GroundError } from '../errors.js';
import { openLog } from '../process/log-file.js';
import { processIdentity } from '../process/pid.js';
import { endSurvivors, rememberProcesses } from '../process/stragglers.js';
import { SupervisorClient } from '../process/supervisor-client.js';
import { waitFor } from '../process/wait.js';
import { allPorts } from '../topology/ports.js';
import { refuseTaken } from './choose-ports.js';
import type { OpenState } from './state.js';

const main = fileURLToPath(new URL('../supervisor-main.js', import.meta.url));
const startTimeoutMs = 10_000;

/** Makes sure that a supervisor answers for this state; what an earlier one left behind is ended first. */
export async function startSupervisor({ basePort, layout, topology }: OpenState): Promise<void> {
  const client = new SupervisorClient(layout.supervisorSocket);
  if (await client.answers()) return;
  await endSurvivors(layout.processesFile);
  await refuseTaken(allPorts(basePort, topology.hospitals.length));
  const log = openLog(layout.supervisorLog);
  const child = spawn(process.execPath, [main, layout.root], {
    cwd: layout.root,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  // An interrupt that comes before the supervisor answers finds it by this note.
  const identity = child.pid === undefined ? undefined : processIdentity(child.pid);
  if (identity !== undefined) rememberProcesses(layout.processesFile, [identity]);
  const answered = await waitFor(async () => ((await client.answers()) ? true : undefined), {
    timeoutMs: startTimeoutMs,
  });
  if (answered === undefined) {
    throw new GroundError('SUPERVISOR_UNREACHABLE', 'The supervisor did not start.', {
      advice: `Read ${layout.supervisorLog}.`,
    });
  }
}
