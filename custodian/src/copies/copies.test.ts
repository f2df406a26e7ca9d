// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError, MAX_PARTS_TO_KEEP } from '@tutela/chaincode/domain';
import { waitUntil } from '../freshness/wait-until.js';
import { MemoryKeeper } from '../testing/memory-keeper.js';
import { partCids } from '../testing/part-cids.js';
import { Copies, PARTS_BEING_FETCHED, PARTS_WAITING } from './copies.js';

const HOSTILE = 'CedarMSP';
const HONEST = 'BirchMSP';
/** As many parts as an upload of 1 GiB has, of 4 MiB each. */
const PARTS_OF_A_GIBIBYTE = 256;

let keeper: MemoryKeeper;
let leaving: AbortController;

beforeEach(() => {
  keeper = new MemoryKeeper();
  leaving = new AbortController();
});

/** Parts that some node of the swarm has. */
function existing(count: number, name?: string): readonly string[] {
  const parts = partCids(count, name);
  for (const part of parts) keeper.existing.add(part);
  return parts;
}

/** In requests of the largest size. */
function inRequests(parts: readonly string[]): readonly (readonly string[])[] {
  const requests = Math.ceil(parts.length / MAX_PARTS_TO_KEEP);
  return Array.from({ length: requests }, (_, index) =>
    parts.slice(index * MAX_PARTS_TO_KEEP, (index + 1) * MAX_PARTS_TO_KEEP),
  );
}

function soon(isTrue: () => boolean): Promise<boolean> {
  const changes = (listener: () => void): (() => void) => {
    const timer = setInterval(listener, 5);
    return () => {
      clearInterval(timer);
    };
  };
  return waitUntil(isTrue, changes, 10_000);
}

describe('copies for other hospitals', () => {
  test('are kept, and those are named that are pinned whole when the time is over', async () => {
    const copies = new Copies(keeper, 1_000);
    const parts = existing(20);
    const nowhere = partCids(3, 'nowhere');
    const asked = [...nowhere, ...parts];
    expect(await copies.keep(asked, HONEST, leaving.signal)).toEqual(parts);
    expect(await copies.kept(asked, HONEST, leaving.signal)).toEqual(parts);
    expect(keeper.lookedFor).toEqual([]);
  });

  test('attack 40: a hospital cannot have another hospital’s places used up by parts that exist nowhere', async () => {
    const copies = new Copies(keeper);
    const all = inRequests(partCids(PARTS_BEING_FETCHED + PARTS_WAITING, 'nowhere'));
    const hopeless = all.map((parts) => copies.keep(parts, HOSTILE, leaving.signal));
    const more = (): Promise<unknown> => copies.keep(partCids(1, 'more'), HOSTILE, leaving.signal);
    await expect(more()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(keeper.lookedFor).toHaveLength(PARTS_BEING_FETCHED);
    const [part = ''] = existing(1);
    expect(await copies.keep([part], HONEST, new AbortController().signal)).toEqual([part]);
    expect(await copies.kept([part], HOSTILE, leaving.signal)).toEqual([part]);
    expect(keeper.lookedFor).toHaveLength(PARTS_BEING_FETCHED);
    leaving.abort();
    expect((await Promise.all(hopeless)).flat()).toEqual([]);
  });

  test('a request that waits for parts which exist nowhere ends in its time, and so do those behind it', async () => {
    const copies = new Copies(keeper, 50);
    const begun = performance.now();
    const requests = inRequests(partCids(3 * MAX_PARTS_TO_KEEP, 'nowhere'));
    const answers = await Promise.all(requests.map((parts) => copies.keep(parts, HOSTILE, leaving.signal)));
    expect(answers.flat()).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  test('a caller that leaves frees its places', async () => {
    const copies = new Copies(keeper);
    const requests = inRequests(partCids(PARTS_WAITING, 'nowhere'));
    const left = requests.map((parts) => copies.keep(parts, HONEST, leaving.signal));
    expect(await soon(() => keeper.lookedFor.length === PARTS_BEING_FETCHED)).toBe(true);
    leaving.abort();
    await Promise.all(left);
    const parts = existing(MAX_PARTS_TO_KEEP);
    expect(await copies.keep(parts, HONEST, new AbortController().signal)).toEqual(parts);
  });

  test.each([1, MAX_PARTS_TO_KEEP])(
    'an upload of 1 GiB is kept, asked for at once by requests of %i parts',
    async (size) => {
      const copies = new Copies(keeper);
      const parts = existing(PARTS_OF_A_GIBIBYTE);
      const requests = Array.from({ length: parts.length / size }, (_, index) =>
        parts.slice(index * size, (index + 1) * size),
      );
      const kept = await Promise.all(requests.map((some) => copies.keep(some, HONEST, leaving.signal)));
      expect(kept.flat()).toEqual(parts);
    },
  );

  test('while the own gateway does not answer, both are refused', async () => {
    const copies = new Copies(keeper);
    const parts = existing(20);
    keeper.isAway = true;
    const refused = { code: 'STORAGE_UNAVAILABLE' };
    await expect(copies.keep(parts, HONEST, leaving.signal)).rejects.toMatchObject(refused);
    await expect(copies.kept(parts, HONEST, leaving.signal)).rejects.toMatchObject(refused);
    keeper.isAway = false;
    expect(await copies.keep(parts, HONEST, leaving.signal)).toEqual(parts);
  });

  test('a part that the own gateway refuses is left out, and takes no other part along', async () => {
    const [refused = '', ...good] = existing(3);
    const keep = keeper.keep.bind(keeper);
    keeper.keep = (cid, ...rest) =>
      cid === refused ? Promise.reject(new DomainError('ERASED', 'no')) : keep(cid, ...rest);
    expect(await new Copies(keeper).keep([refused, ...good], HONEST, leaving.signal)).toEqual(good);
  });

  test('a hospital at its limit of copies: RATE_LIMITED when none of a request is kept, else the parts that are', async () => {
    const [full = '', ...here] = existing(3);
    const keep = keeper.keep.bind(keeper);
    keeper.keep = (cid, ...rest) =>
      cid === full ? Promise.reject(new DomainError('RATE_LIMITED', 'no more')) : keep(cid, ...rest);
    const copies = new Copies(keeper);
    expect(await copies.keep([full, ...here], HONEST, leaving.signal)).toEqual(here);
    await expect(copies.keep([full], HONEST, leaving.signal)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });
});
