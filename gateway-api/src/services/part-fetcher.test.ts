// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { DomainError, toBase64Url, type Part } from '@tutela/chaincode/domain';
import { partDag } from '@tutela/ipfs-cluster';
import { MemorySwarm, MemoryVault } from '@tutela/ipfs-cluster/testing';
import type { Storage } from '../storage/storage.js';
import { createSwarmStorage } from '../storage/swarm-storage.js';
import { MemoryLog, swarmNodes } from '../testing/index.js';
import { sha256 } from './hashing.js';
import { PartFetcher } from './part-fetcher.js';

const good = new TextEncoder().encode('good bytes');
const bad = new TextEncoder().encode('bad bytes!');
const part = { cid: 'bafy', size: good.length, sha256: toBase64Url(sha256(good)) } as Part;

type Read = Uint8Array | 'absent' | 'corrupt' | 'down';
const CODES = { absent: 'NOT_FOUND', corrupt: 'CONTENT_CORRUPT', down: 'STORAGE_UNAVAILABLE' } as const;

/** A storage that answers one read after another, and says how long each would have waited. */
function fetcherOver(reads: readonly Read[], lost: number) {
  const patience: (number | undefined)[] = [];
  const healed: string[] = [];
  const storage = {
    get: (_cid: string, _size: number, _signal?: AbortSignal, patienceMs?: number) => {
      const read = reads[patience.length] ?? 'absent';
      patience.push(patienceMs);
      return typeof read === 'string'
        ? Promise.reject(new DomainError(CODES[read], 'not whole and good'))
        : Promise.resolve(read);
    },
    heal: (cid: string) => {
      healed.push(cid);
      return Promise.resolve({ healed: lost === 0 ? 1 : 0, lost });
    },
  } as unknown as Storage;
  return { patience, healed, fetcher: new PartFetcher({ storage, nowMs: () => 0, log: new MemoryLog() }) };
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
    const { fetcher, patience, healed } = fetcherOver(['corrupt', good], 0);
    expect(await fetcher.fetch(part)).toEqual(good);
    expect({ patience, healed }).toEqual({ patience: [undefined, undefined], healed: [part.cid] });
  });

  test('is given up soon when no hospital had good blocks a moment ago', async () => {
    const { fetcher, patience } = fetcherOver(['corrupt', 'absent'], 1);
    await expect(fetcher.fetch(part)).rejects.toMatchObject({ code: 'CONTENT_CORRUPT' });
    expect(patience).toEqual([undefined, 3_000]);
  });

  test('is still read when it comes at the second try', async () => {
    const { fetcher } = fetcherOver(['absent', good], 0);
    expect(await fetcher.fetch(part)).toEqual(good);
  });

  test('attack 42: a part is not called corrupt while no byte of it came, though another part’s block was lost', async () => {
    const swarm = new MemorySwarm(['alder', 'birch']);
    const alder = new MemoryVault(swarm, 'alder');
    const other = await alder.addPart(good);
    const held = { part: other, bytes: bad };
    swarm.diskOf('alder').parts.set(other.cid, held);
    const threshold = () => Promise.resolve(2);
    const storage = createSwarmStorage(alder, swarmNodes(swarm, 'alder'), threshold);
    const fetcher = new PartFetcher({ storage, nowMs: () => 0, log: new MemoryLog() });
    const { cid } = partDag(bad);
    await expect(fetcher.fetch({ ...part, cid })).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
    });
    expect(swarm.diskOf('alder').parts.get(other.cid)).toBe(held);
    await expect(fetcher.fetch({ ...part, cid: other.cid })).rejects.toMatchObject({
      code: 'CONTENT_CORRUPT',
    });
  });

  test('may be there again when no hospital that has it answers now', async () => {
    const { fetcher } = fetcherOver(['absent', 'absent'], 0);
    await expect(fetcher.fetch(part)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });

  test('attack 42: is not called corrupt for what was cut short or of another size, and never hashed', async () => {
    const { fetcher } = fetcherOver(['corrupt', 'corrupt'], 0);
    await expect(fetcher.fetch(part)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });
});

describe('a part that its author named by a wrong hash', () => {
  test('attack 44: a part with a wrong hash is corrupt by the bytes that its CID names, and no node checks its blocks for it', async () => {
    const { fetcher, healed } = fetcherOver([bad, good], 0);
    await expect(fetcher.fetch(part)).rejects.toMatchObject({ code: 'CONTENT_CORRUPT' });
    expect(healed).toEqual([]);
  });
});

describe('a part that was fetched early', () => {
  test.each<Read>([bad, 'absent', 'corrupt', 'down'])(
    'attack 42: bytes that came early and are not the part decide nothing, and the part is fetched again',
    async (early) => {
      const { fetcher, healed } = fetcherOver([early, good], 0);
      fetcher.prefetch([part]);
      expect(await fetcher.fetch(part)).toEqual(good);
      expect(healed).toEqual([]);
    },
  );
});
