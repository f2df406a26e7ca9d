// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { GroundError } from '../errors.js';
import { hospitals, type Bringing } from './context.js';
import { exists, keptSecret } from './files.js';

const passphraseBytes = 32;

/** Makes the passphrases under which custodians and gateways seal what they keep. */
export async function prepareDoors(bringing: Bringing): Promise<void> {
  for (const part of ['custodian', 'gateway-api'] as const) {
    if (await exists(join(bringing.inputs.productDir, part, 'dist', 'main.js'))) continue;
    throw new GroundError('NOT_BUILT', `The workspace ${part} is not built.`, { advice: 'Run `npm run build`.' });
  }
  for (const { at } of hospitals(bringing)) {
    for (const dir of [at.custodian, at.gateway]) {
      await keptSecret(join(dir, 'passphrase'), () => randomBytes(passphraseBytes).toString('base64url'));
    }
  }
}
