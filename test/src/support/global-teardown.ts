// SPDX-License-Identifier: Apache-2.0
import { down } from '@tutela/network';
import { sharedStateDir } from './shared-consortium.js';

/** Ends the shared consortium unless TUTELA_TEST_KEEP asks to keep it; its data stay for a look afterwards. */
export default async function tearDown(): Promise<void> {
  if (process.env['TUTELA_TEST_KEEP'] === undefined) await down(sharedStateDir);
}
