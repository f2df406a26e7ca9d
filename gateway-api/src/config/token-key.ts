// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { chmod, link, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { openAtRest, sealAtRest } from '@tutela/crypto';

const PLACE = new TextEncoder().encode('gateway-token-key');

/** The P-256 key that signs access tokens: made at the first start, sealed by the passphrase, the same ever after. */
export async function loadTokenKey(stateDir: string, passphrase: string): Promise<KeyObject> {
  const file = join(stateDir, 'token-key.sealed');
  const sealed = (await readIfThere(file)) ?? (await create(file, passphrase));
  const der = openAtRest({ passphrase }, sealed, PLACE);
  return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    await chmod(file, 0o600);
    return await readFile(file);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Writes beside, then links into place: a crash leaves a whole file or none, and of two starts one wins. */
async function create(file: string, passphrase: string): Promise<Uint8Array> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  const draft = `${file}.${randomUUID()}`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(sealAtRest({ passphrase }, der, PLACE));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await link(draft, file).catch((error: unknown) => {
    if (!isCode(error, 'EEXIST')) throw error;
  });
  await unlink(draft);
  return readFile(file);
}

function isCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
