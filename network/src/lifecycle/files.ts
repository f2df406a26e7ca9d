// SPDX-License-Identifier: Apache-2.0
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { stringify } from 'yaml';

const ownerFile = 0o600;
const ownerFolder = 0o700;

/** Makes a folder that only its owner can enter. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: ownerFolder });
}

/** Writes a private file, whole or not at all. */
export async function writePrivate(path: string, content: string | Uint8Array): Promise<void> {
  await makeFolder(dirname(path));
  const partial = `${path}.new`;
  await writeFile(partial, content, { mode: ownerFile });
  await rename(partial, path);
}

/** Writes a private file unless it already holds exactly this; answers whether it changed. */
export async function writeIfChanged(path: string, content: string): Promise<boolean> {
  const existing = await readFile(path, 'utf8').catch(() => undefined);
  if (existing === content) return false;
  await writePrivate(path, content);
  return true;
}

/** Writes an object as YAML. */
export async function writeYaml(path: string, value: object): Promise<void> {
  await writeIfChanged(path, stringify(value, { lineWidth: 0 }));
}

/** Returns the file's text, first making it when it is not there: a secret is made once and kept. */
export async function keptSecret(path: string, make: () => string): Promise<string> {
  const existing = await readFile(path, 'utf8').catch(() => undefined);
  if (existing !== undefined) return existing;
  const made = make();
  await writePrivate(path, made);
  return made;
}

/** Tells whether a file or folder is there. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
