// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { GroundError } from '../errors.js';
import { layoutState } from '../plan/layout.js';
import type { ConsortiumProfile } from '../plan/profile.js';

/** Reads the connection profile that the last bring-up wrote. @throws GroundError NOT_RUNNING when there is none. */
export async function readProfile(state: string): Promise<ConsortiumProfile> {
  const text = await readFile(layoutState(state).profileFile, 'utf8').catch((cause: unknown) => {
    throw new GroundError('NOT_RUNNING', `There is no consortium in ${state}.`, {
      advice: 'Bring one up with `tutela up`.',
      cause,
    });
  });
  // Written by this very package into a private folder.
  return JSON.parse(text) as ConsortiumProfile;
}
