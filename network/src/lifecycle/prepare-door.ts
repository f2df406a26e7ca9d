// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GroundError } from '../errors.js';
import type { HospitalContext } from '../plan/context.js';
import { keptPassphraseFile } from '../plan/door-processes.js';
import { hospitals, type Bringing } from './context.js';
import { exists, keptSecret } from './files.js';

const passphraseBytes = 32;
const workspaces = { custodian: 'custodian', gateway: 'gateway-api' } as const;

/** What custodians and gateways seal under their passphrase, by the names of the files. */
const sealedFile = /(\.sealed(\.key)?|^state\.db)$/;

/**
 * Makes the passphrases under which custodians or gateways seal what they keep, where the topology names none.
 * @throws GroundError NOT_BUILT; PASSPHRASE_MISSING where something is sealed already under one that is not there.
 */
export async function prepareDoor(bringing: Bringing, kind: keyof typeof workspaces): Promise<void> {
  const workspace = workspaces[kind];
  if (!(await exists(join(bringing.inputs.productDir, workspace, 'dist', 'main.js')))) {
    throw new GroundError('NOT_BUILT', `The workspace ${workspace} is not built.`, {
      advice: 'Run `npm run build`.',
    });
  }
  for (const context of hospitals(bringing)) await preparePassphrase(context, kind);
}

async function preparePassphrase(context: HospitalContext, kind: keyof typeof workspaces): Promise<void> {
  if (context.hospital[`${kind}Passphrase`] !== undefined) return;
  const folder = context.at[kind];
  const file = keptPassphraseFile(folder);
  if (!(await exists(file))) await refuseSealed(folder, file, context.layout.topologyFile);
  await keptSecret(file, () => randomBytes(passphraseBytes).toString('base64url'));
}

async function refuseSealed(folder: string, file: string, topologyFile: string): Promise<void> {
  const all = (await exists(folder)) ? await readdir(folder, { recursive: true, withFileTypes: true }) : [];
  const sealed = all.find((entry) => entry.isFile() && sealedFile.test(entry.name));
  if (sealed === undefined) return;
  throw new GroundError(
    'PASSPHRASE_MISSING',
    `The passphrase ${file} is missing, and ${join(sealed.parentPath, sealed.name)} opens with no other.`,
    {
      advice: `Put the file back, or name where the passphrase lies now under \`passphrases\` in ${topologyFile}.`,
    },
  );
}
