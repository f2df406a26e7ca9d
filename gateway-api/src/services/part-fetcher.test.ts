// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { DomainError, toBase64Url, type Part } from '@tutela/chaincode/domain';
import type { Storage } from '../storage/storage.js';
import { MemoryLog } from '../testing/index.js';
import { sha256 } from './hashing.js';
import { PartFetcher } from './part-fetcher.js';

const good = new TextEncoder().encode('good bytes');
const bad = new TextEncoder().encode('bad bytes!');
const part = { cid: 'bafy', size: good.length, sha256: toBase64Url(sha256(good)) } as Part;

/** A storage that answers one read after another, and says how long each would have waited. */
function fetcherOver(reads: readonly (Uint8Array | 'absent')[], lost: number) {
  const patience: (number | undefined)[] = [];
  const storage = {
    get: (_cid: string, _size: number, _signal?: AbortSignal, patienceMs?: number) => {
      const read = reads[patience.length] ?? 'absent';
      patience.push(patienceMs);
      return read === 'absent'
        ? Promise.reject(new DomainError('NOT_FOUND', 'nobody has it'))
        : Promise.resolve(read);
    },
    heal: () => Promise.resolve({ healed: lost === 0 ? 1 : 0, lost }),
  } as unknown as Storage;
  return { patience, fetcher: new PartFetcher({ storage, nowMs: () => 0, log: new MemoryLog() }) };
}

test('attack 44: bytes that wait for their key are bounded, however many parts are looked at', async () => {
  const size = 3 * 1024 * 1024;
  const bytes = new Uint8Array(size);
  let reads = 0;
  const storage = {
    get: () => {
      reads += 1;
      return Promise.resolve(bytes);
    },
  } as unknown as Storage;
  const fetcher = new PartFetcher({ storage, nowMs: () => 0, log: new MemoryLog() });
  const parts = Array.from({ length: 10 }, (_, index) => ({
    ...part,
    ...{ cid: `bafy${index.toString()}`, size, sha256: toBase64Url(sha256(bytes)) },
  }));
  for (const one of parts) await fetcher.peek(one);
  expect(reads).toBe(10);
  for (const one of parts) await fetcher.fetch(one);
  expect(reads).toBe(10 + 8);
});

describe('a part whose own copy is bad', () => {
  test('is healed from another hospital and read again', async () => {
    const { fetcher, patience } = fetcherOver([bad, good], 0);
    expect(await fetcher.fetch(part)).toEqual(good);
    expect(patience).toEqual([undefined, undefined]);
  });

  test('is given up soon when nobody had good blocks a moment ago', async () => {
    const { fetcher, patience } = fetcherOver([bad, 'absent'], 1);
    await expect(fetcher.fetch(part)).rejects.toMatchObject({ code: 'CONTENT_CORRUPT' });
    expect(patience).toEqual([undefined, 3_000]);
  });

  test('is still read when the block that was lost was another part’s', async () => {
    const { fetcher } = fetcherOver(['absent', good], 1);
    expect(await fetcher.fetch(part)).toEqual(good);
  });

  test('attack 42: is not called corrupt while no byte of it came, though another part’s block was lost', async () => {
    const { fetcher } = fetcherOver(['absent', 'absent'], 1);
    await expect(fetcher.fetch(part)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });

  test('may be there again when no hospital that has it answers now', async () => {
    const { fetcher } = fetcherOver(['absent', 'absent'], 0);
    await expect(fetcher.fetch(part)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });
});
