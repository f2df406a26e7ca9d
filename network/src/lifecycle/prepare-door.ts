// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { GroundError } from '../errors.js';
import { hospitals, type Bringing } from './context.js';
import { exists, keptSecret } from './files.js';

const passphraseBytes = 32;
const workspaces = { custodian: 'custodian', gateway: 'gateway-api' } as const;

/** Makes the passphrases under which custodians or gateways seal what they keep. @throws GroundError NOT_BUILT. */
export async function prepareDoor(bringing: Bringing, kind: keyof typeof workspaces): Promise<void> {
  const workspace = workspaces[kind];
  if (!(await exists(join(bringing.inputs.productDir, workspace, 'dist', 'main.js')))) {
    throw new GroundError('NOT_BUILT', `The workspace ${workspace} is not built.`, {
      advice: 'Run `npm run build`.',
    });
  }
  for (const { at } of hospitals(bringing)) {
    await keptSecret(join(at[kind], 'passphrase'), () => randomBytes(passphraseBytes).toString('base64url'));
  }
}
