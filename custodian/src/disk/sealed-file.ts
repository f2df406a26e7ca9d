// SPDX-License-Identifier: Apache-2.0
import { CryptoError } from '@tutela/crypto';
import type { Sealer } from '../share/sealer.js';
import { readIfPresent } from './durable-file.js';

/** Opens a sealed file; undefined where there is none. Throws AT_REST, with the names of secret and file, where it does not open. */
export async function readSealed(
  sealer: Sealer,
  { path, place }: Readonly<{ path: string; place: string }>,
): Promise<Uint8Array | undefined> {
  const sealed = await readIfPresent(path);
  if (sealed === undefined) return undefined;
  try {
    return sealer.open(place, sealed);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new CryptoError('AT_REST', `${sealer.name} does not open ${path}`);
  }
}
