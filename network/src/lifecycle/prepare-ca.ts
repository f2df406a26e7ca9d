// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { HospitalContext } from '../plan/context.js';
import { caServerConfig, tlsAuthority, tlsAuthorityConfig } from '../render/ca-config.js';
import { keptSecret, writeYaml } from './files.js';

const passwordBytes = 32;

/** Writes the configuration of a hospital's CA server. */
export async function prepareCa(context: HospitalContext): Promise<void> {
  const password = await bootstrapPassword(context);
  const { at } = context;
  await writeYaml(join(at.ca, 'fabric-ca-server-config.yaml'), caServerConfig(context, password));
  await writeYaml(
    join(at.ca, tlsAuthority, 'fabric-ca-server-config.yaml'),
    tlsAuthorityConfig(context, password),
  );
}

/** The password of the identity that bootstraps a hospital's authorities; made once, kept beside them. */
export async function bootstrapPassword({ at }: HospitalContext): Promise<string> {
  return keptSecret(join(at.ca, 'bootstrap.secret'), () => randomBytes(passwordBytes).toString('base64url'));
}
