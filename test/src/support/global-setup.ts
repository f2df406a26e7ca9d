// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { down, up } from '@tutela/network';
import { sharedStateDir } from './shared-consortium.js';

/** Brings the shared consortium up: a fresh one, or with TUTELA_TEST_KEEP the one of the last run. */
export default async function setUp(): Promise<void> {
  if (process.env['TUTELA_TEST_KEEP'] === undefined) {
    await down(sharedStateDir);
    await rm(sharedStateDir, { recursive: true, force: true });
  }
  try {
    await up({ state: sharedStateDir, onProgress: (line) => process.stderr.write(`${line}\n`) });
  } catch (error) {
    await down(sharedStateDir);
    throw error;
  }
}
