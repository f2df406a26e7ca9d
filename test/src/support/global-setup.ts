// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { down, up } from '@tutela/network';
import { sharedStateDir, sharedTopology } from './shared-consortium.js';

/**
 * Brings the shared consortium up: a fresh one, or the one that is there, of the last run with TUTELA_TEST_KEEP, of this
 * run with TUTELA_TEST_IS_UP.
 */
export default async function setUp(): Promise<void> {
  const { TUTELA_TEST_KEEP: keep, TUTELA_TEST_IS_UP: isUp } = process.env;
  const isFresh = keep === undefined && isUp === undefined;
  if (isFresh) {
    await down(sharedStateDir);
    await rm(sharedStateDir, { recursive: true, force: true });
  }
  const isNew = !existsSync(join(sharedStateDir, 'topology.yaml'));
  try {
    const onProgress = (line: string) => process.stderr.write(`${line}\n`);
    await up({ state: sharedStateDir, onProgress, ...(isNew && { topology: sharedTopology }) });
  } catch (error) {
    await down(sharedStateDir);
    throw error;
  }
}
