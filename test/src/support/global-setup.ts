// SPDX-License-Identifier: Apache-2.0
import { down, up } from '@tutela/network';
import { sharedStateDir } from './shared-consortium.js';

/** Brings the shared consortium up, or finds it running. */
export default async function setUp(): Promise<void> {
  try {
    await up({ state: sharedStateDir, onProgress: (line) => process.stderr.write(`${line}\n`) });
  } catch (error) {
    await down(sharedStateDir);
    throw error;
  }
}
