// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { layoutState } from '../plan/layout.js';
import { endSurvivors, survivors } from '../process/stragglers.js';
import { SupervisorClient } from '../process/supervisor-client.js';
import { waitFor } from '../process/wait.js';

const goneTimeoutMs = 10_000;

/** Stops every process of the consortium in the folder; answers whether there was any. Data stays. */
export async function down(root: string): Promise<boolean> {
  const layout = layoutState(root);
  const client = new SupervisorClient(layout.supervisorSocket);
  const answers = await client.answers();
  if (answers) {
    await client.shutdown();
    await waitFor(() => Promise.resolve(survivors(layout.processesFile).length === 0 ? true : undefined), {
      timeoutMs: goneTimeoutMs,
    });
  }
  // A supervisor that was killed left its processes behind; the notes say which they are.
  const left = await endSurvivors(layout.processesFile);
  await rm(layout.supervisorSocket, { force: true });
  return answers || left > 0;
}
