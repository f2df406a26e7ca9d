// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { GroundError } from '../errors.js';
import { layoutState } from '../plan/layout.js';
import { processNames } from '../plan/plan.js';
import { SupervisorClient } from '../process/supervisor-client.js';
import { lockOrRefuse } from '../tools/lock.js';
import { exists } from './files.js';
import { openState } from './state.js';

/**
 * Plays a story on the consortium in the folder, one at a time: a story stops processes and changes the custody, which
 * another one would take for what it found.
 * @throws GroundError STATE_BUSY, NOT_RUNNING, PROCESS_NOT_READY before anything is played.
 */
export async function playAlone<T>(root: string, play: () => Promise<T>): Promise<T> {
  await requireBroughtUp(root);
  const { storyLockFile } = layoutState(root);
  const refusal = new GroundError('STATE_BUSY', 'A story is being played on this consortium.', {
    advice: 'Wait until it has ended, or end the command that plays it: `npm start` and `tutela story` do.',
  });
  await lockOrRefuse(storyLockFile, refusal);
  try {
    return await play();
  } finally {
    await rm(storyLockFile, { force: true });
  }
}

/** A hospital whose joining was not finished may lack processes: the story lets it join to the end. */
async function requireBroughtUp(root: string): Promise<void> {
  const { layout, topology } = await openState(root);
  const running = await new SupervisorClient(layout.supervisorSocket).list();
  const started = new Set(running.map(({ spec }) => spec.name));
  const wanted = processNames(topology.hospitals.slice(0, topology.founders));
  const missing = wanted.filter((name) => !started.has(name));
  if (missing.length === 0 && (await exists(layout.profileFile))) return;
  const which = missing.length === 0 ? '' : ` Never started: ${missing.join(', ')}.`;
  throw new GroundError('PROCESS_NOT_READY', `This consortium has not been brought up to the end.${which}`, {
    advice: 'Run `tutela up`: it goes on where the bring-up ended, and says what stops it.',
  });
}
