// SPDX-License-Identifier: Apache-2.0
import { CryptoError, type CryptoErrorCode } from '../errors.js';

/** All pieces of an iterable joined. */
export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What an iterable handed out before it ended or threw, and the code of the error if it did. */
export async function collectUntilError(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly bytes: Uint8Array; readonly code: CryptoErrorCode | undefined }> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of source) pieces.push(piece);
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return { bytes: Buffer.concat(pieces), code: error.code };
  }
  return { bytes: Buffer.concat(pieces), code: undefined };
}

/** Cuts bytes into pieces of the given sizes, which repeat until all is handed out. */
export function* cutInto(
  bytes: Uint8Array,
  sizes: readonly number[],
): Generator<Uint8Array, void, undefined> {
  for (let offset = 0, piece = 0; offset < bytes.length; piece += 1) {
    const size = sizes[piece % sizes.length] ?? 1;
    yield bytes.subarray(offset, offset + size);
    offset += size;
  }
}

/** The code of the error that an act throws; fails when it throws another error or none. */
export function refusalOf(act: () => unknown): CryptoErrorCode {
  try {
    act();
  } catch (error) {
    if (error instanceof CryptoError) return error.code;
    throw error;
  }
  throw new Error('nothing was refused');
}
