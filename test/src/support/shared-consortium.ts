// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { Consortium } from './consortium.js';
import { repositoryDir } from './repository.js';

/** State folder of the one consortium that all end-to-end tests of a run share; a run throws away what is there. */
export const sharedStateDir = process.env['TUTELA_TEST_STATE'] ?? join(repositoryDir, '.tutela', 'test-e2e');

/** The topology of that consortium. */
export const sharedTopology = join(repositoryDir, 'test', 'consortium.yaml');

/** Reaches the shared consortium, which the global set-up has brought up. */
export function openShared(): Promise<Consortium> {
  return Consortium.open(sharedStateDir);
}
