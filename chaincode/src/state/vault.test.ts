// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { RecordId } from '../domain/ids.js';
import type { Reader } from './ledger.js';
import { mapFewAtOnce, MAX_VAULT_BYTES, readVaults } from './vault.js';

const MIB = 1024 * 1024;
const versions = Array.from({ length: 256 }, (_, version) => ({ recordId: 'rec' as RecordId, version }));

/** A reader whose private data are as large as an author may make them; tells how many were read, and at once. */
function readerOf(bytes: number): Readonly<{ reader: Reader; reads: () => number; atOnce: () => number }> {
  const [read, open, most] = [{ count: 0 }, { count: 0 }, { count: 0 }];
  const getPrivateData = async (): Promise<Uint8Array> => {
    read.count += 1;
    open.count += 1;
    most.count = Math.max(most.count, open.count);
    await Promise.resolve();
    open.count -= 1;
    return new TextEncoder().encode(JSON.stringify({ filling: 'x'.repeat(bytes) }));
  };
  const stub = { getPrivateData, createCompositeKey: (kind: string) => kind };
  // Nothing else of a reader is asked for.
  const reader = { stub } as unknown as Reader;
  return { reader, reads: () => read.count, atOnce: () => most.count };
}

describe('vaults that one transaction reads', () => {
  test('attack 44: 256 versions of 4 MiB each end a transaction before a chaincode runs out of memory', async () => {
    const { reader, reads, atOnce } = readerOf(4 * MIB);
    await expect(readVaults(reader, versions)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(reads()).toBe(MAX_VAULT_BYTES / (4 * MIB));
    expect(atOnce()).toBe(1);
  });

  test('are all there while they are of an ordinary size', async () => {
    const { reader } = readerOf(2_000);
    expect(await readVaults(reader, versions)).toHaveLength(256);
  });

  test('are mapped a few at a time, in their order', async () => {
    const { reader, atOnce } = readerOf(10);
    const mapped = await mapFewAtOnce(versions, async (one) => {
      await readVaults(reader, [one]);
      return one.version;
    });
    expect(mapped).toEqual(versions.map(({ version }) => version));
    expect(atOnce()).toBeLessThanOrEqual(8);
  });
});
