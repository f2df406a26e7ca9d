// SPDX-License-Identifier: Apache-2.0
import { open, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Multihash prefix of SHA-256: its code and its length of 32 bytes. */
const SHA256_PREFIX = Uint8Array.of(0x12, 0x20);
const FLIPPED_POSITION = 1000;

/** Where a Kubo repository of one hospital's disk keeps a block of a single leaf, by the block's SHA-256 (base64url). */
export function blockFile(diskDir: string, sha256: string): string {
  const name = base32(Buffer.concat([SHA256_PREFIX, Buffer.from(sha256, 'base64url')]));
  // flatfs shards by the two characters before the last one (go-ds-flatfs, next-to-last/2).
  return join(diskDir, 'kubo', 'repo', 'blocks', name.slice(-3, -1), `${name}.data`);
}

/** Flips one byte of every block that a disk holds; returns the files, whose flipping again restores them. */
export async function flipBlocks(
  diskDirs: readonly string[],
  digests: readonly string[],
): Promise<readonly string[]> {
  const files = diskDirs
    .flatMap((disk) => digests.map((sha256) => blockFile(disk, sha256)))
    .filter((file) => existsSync(file));
  await Promise.all(files.map(flipByte));
  return files;
}

/** The bytes of a block from the first disk that has it. */
export async function readBlock(diskDirs: readonly string[], sha256: string): Promise<Uint8Array> {
  const file = diskDirs.map((disk) => blockFile(disk, sha256)).find((each) => existsSync(each));
  if (file === undefined) throw new Error('no disk has the block');
  return readFile(file);
}

/** Undoes {@link flipBlocks} where the block was not healed or collected in between. */
export async function restoreBlocks(files: readonly string[], pristine: Uint8Array): Promise<void> {
  for (const file of files.filter((each) => existsSync(each))) {
    const handle = await open(file, 'r+');
    await handle.write(pristine, 0, pristine.length, 0);
    await handle.close();
  }
}

async function flipByte(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  const byte = new Uint8Array(1);
  await handle.read(byte, 0, 1, FLIPPED_POSITION);
  await handle.write(Uint8Array.of((byte[0] ?? 0) ^ 0xff), 0, 1, FLIPPED_POSITION);
  await handle.sync();
  await handle.close();
}

function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => BASE32[Number.parseInt(group.padEnd(5, '0'), 2)] ?? '').join('');
}
