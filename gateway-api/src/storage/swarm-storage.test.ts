// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError, type MspId } from '@tutela/chaincode/domain';
import { holdersOf, partDag, systemClock, VaultError, type Clock } from '@tutela/ipfs-cluster';
import { ACCEPTED, MemorySwarm, MemoryVault } from '@tutela/ipfs-cluster/testing';
import { swarmNodes } from '../testing/swarm-nodes.js';
import type { CustodianNodes } from './custodian-nodes.js';
import { KeepRequests } from './keep-requests.js';
import type { Storage } from './storage.js';
import { createSwarmStorage } from './swarm-storage.js';

const HOSPITALS = ['AlderMSP', 'BirchMSP', 'CedarMSP', 'DogwoodMSP', 'ElmMSP'];
/** A second is a tenth of one, and deadlines come so many times sooner. */
const clockOf = (times: number): Clock => ({
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms / 10, signal),
  timeout: (ms) => AbortSignal.timeout(Math.ceil(ms / times)),
});
const { accepts } = ACCEPTED;
const unanswered = new Promise<never>(() => undefined);

async function until(holds: () => boolean): Promise<void> {
  const late = AbortSignal.timeout(1_000);
  while (!holds()) await systemClock.sleep(5, late);
}

describe('a store', () => {
  let swarm: MemorySwarm;
  let vault: MemoryVault;
  let nodes: CustodianNodes;
  let asked: (readonly [hospital: string, cids: readonly string[]])[];
  let threshold: () => Promise<number>;

  beforeEach(() => {
    swarm = new MemorySwarm(HOSPITALS);
    vault = new MemoryVault(swarm, 'AlderMSP');
    nodes = swarmNodes(swarm, 'AlderMSP');
    asked = [];
    threshold = () => Promise.resolve(2);
  });

  /** The storage over nodes of which some answer in their own way. */
  function storageOver(answers: Readonly<Record<string, CustodianNodes['keep']>> = {}, times = 6): Storage {
    const seen = asked;
    const keep: CustodianNodes['keep'] = (hospital, cids, signal) => {
      seen.push([hospital, cids]);
      return (answers[hospital] ?? nodes.keep)(hospital, cids, signal);
    };
    const surroundings = { chance: Math.random, clock: clockOf(times) };
    return createSwarmStorage(vault, { ...nodes, keep }, () => threshold(), surroundings);
  }

  async function added(storage: Storage, text: string): Promise<string> {
    const { cid } = await storage.add(Buffer.from(text));
    await storage.pin(cid, accepts);
    return cid;
  }

  const orderOf = (cid: string) => holdersOf({ cid, authors: [], members: HOSPITALS.slice(1) });
  const { cid } = partDag(Buffer.from('content'));

  test('goes on once enough hospitals hold each part, and has as many hold it as are wished', async () => {
    const storage = storageOver();
    expect(await storage.replicated([await added(storage, 'content')], accepts)).toBeGreaterThanOrEqual(2);
    await until(() => swarm.holdersOf(cid).length === 3);
    expect(new Set(swarm.holdersOf(cid))).toEqual(new Set(['AlderMSP', ...orderOf(cid).slice(0, 2)]));
    expect(asked.map(([hospital]) => hospital).sort()).toEqual([...orderOf(cid).slice(0, 2)].sort());
    expect(swarm.diskOf('AlderMSP').entered.has(cid)).toBe(true);
  });

  test.each([
    ['refuses', () => Promise.resolve([])],
    ['fails', () => Promise.reject(new DomainError('STORAGE_UNAVAILABLE', 'no answer'))],
    ['does not answer', () => unanswered],
  ] as const)('asks the next hospital where one %s', async (_, answer) => {
    const [first = '', second = '', third = ''] = orderOf(cid);
    const storage = storageOver({ [first]: answer, [second]: answer });
    expect(await storage.replicated([await added(storage, 'content')], accepts)).toBeGreaterThanOrEqual(2);
    expect(swarm.holdersOf(cid)).toContain(third);
  });

  test('asks a hospital again that failed, while too few hold the part', async () => {
    let tries = 0;
    const flaky: CustodianNodes['keep'] = (hospital, cids) =>
      (tries += 1) < 6
        ? Promise.reject(new DomainError('RATE_LIMITED', 'too many'))
        : nodes.keep(hospital, cids);
    const storage = storageOver(Object.fromEntries(HOSPITALS.map((hospital) => [hospital, flaky])));
    expect(await storage.replicated([await added(storage, 'content')], accepts)).toBeGreaterThanOrEqual(2);
  });

  test('a store counts no copy that its hospital has not named itself, nor a part that was not asked for', async () => {
    const lie: CustodianNodes['keep'] = () => Promise.resolve([partDag(Buffer.from('other')).cid]);
    const storage = storageOver(Object.fromEntries(HOSPITALS.map((hospital) => [hospital, lie])), 60);
    const stored = storage.replicated([await added(storage, 'content')], accepts);
    await expect(stored).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });

  test('counts no own copy that the own node does not hold', async () => {
    for (const hospital of HOSPITALS.slice(2)) swarm.absent.add(hospital);
    vault.hold = () => Promise.reject(new VaultError('PART_NOT_FOUND'));
    const storage = storageOver({}, 60);
    const stored = storage.replicated([await added(storage, 'content')], accepts);
    await expect(stored).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(swarm.diskOf('BirchMSP').pinned.has(cid)).toBe(true);
  });

  test('attack 40: a store has its own node keep nothing that is not to be kept any more', async () => {
    const storage = storageOver({}, 60);
    const { cid: part } = await storage.add(Buffer.from('content'));
    const { pinned, entered } = swarm.diskOf('AlderMSP');
    pinned.clear();
    const never = (): boolean => false;
    await expect(storage.pin(part, never)).rejects.toMatchObject({ code: 'ERASED' });
    for (const hospital of HOSPITALS.slice(2)) swarm.absent.add(hospital);
    await expect(storage.replicated([part], never)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect([pinned.size, entered.size]).toEqual([0, 0]);
  });

  test('attack 40: a store asks no other hospital for a copy of what is not to be kept any more, also where it waits for its turn', async () => {
    const storage = storageOver({}, 60);
    const { cid: part } = await storage.add(Buffer.from('content'));
    const never = (): boolean => false;
    await expect(storage.pin(part, never)).rejects.toMatchObject({ code: 'ERASED' });
    await expect(storage.replicated([part], never)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(asked).toEqual([]);
    expect(swarm.holdersOf(part)).toEqual(['AlderMSP']);
    const [answering, ordered] = [Promise.withResolvers<undefined>(), new Set<string>()];
    const keep = async (hospital: string, cids: readonly string[]): Promise<readonly string[]> => {
      asked.push([hospital, cids]);
      await answering.promise;
      return cids;
    };
    const requests = new KeepRequests({ keep, kept: () => Promise.resolve([]) });
    const many = Array.from({ length: 4 }, (_, index) => partDag(Buffer.from(`part ${String(index)}`)).cid);
    const answers = many.map((one) =>
      requests.ask('BirchMSP' as MspId, one, ([first = '']) => !ordered.has(first)),
    );
    ordered.add(many[3] ?? '');
    answering.resolve(undefined);
    expect((await Promise.all(answers))[3]).toBe(false);
    expect(asked.flatMap(([, cids]) => cids)).toEqual(many.slice(0, 3));
  });

  test('is refused at the deadline, or when its caller aborts, if too few hospitals answer', async () => {
    for (const hospital of HOSPITALS.slice(1)) swarm.absent.add(hospital);
    const storage = storageOver({}, 60);
    const part = await added(storage, 'content');
    const refusal = { code: 'STORAGE_UNAVAILABLE' };
    await expect(storage.replicated([part], accepts, AbortSignal.timeout(20))).rejects.toMatchObject(refusal);
    await expect(storage.replicated([part], accepts)).rejects.toMatchObject(refusal);
  });

  test('of an upload goes on after a restart: what was added before is asked for again', async () => {
    const part = await added(storageOver(), 'content');
    for (const hospital of HOSPITALS.slice(1)) swarm.diskOf(hospital).pinned.clear();
    expect(await storageOver().replicated([part], accepts)).toBeGreaterThanOrEqual(2);
  });

  test('shows an error that no node brings about', async () => {
    const mistake = () => Promise.reject(new RangeError('a mistake'));
    const storage = storageOver(Object.fromEntries(HOSPITALS.map((hospital) => [hospital, mistake])));
    await expect(storage.replicated([await added(storage, 'content')], accepts)).rejects.toThrow('a mistake');
  });

  test('sends parts that wait for one hospital together, and no more than it takes at a time', async () => {
    const open = { now: 0, most: 0 };
    const slow: CustodianNodes['keep'] = async (hospital, cids) => {
      open.most = Math.max(open.most, (open.now += 1));
      await systemClock.sleep(30, AbortSignal.timeout(1_000));
      open.now -= 1;
      return nodes.keep(hospital, cids);
    };
    for (const hospital of HOSPITALS.slice(2)) swarm.absent.add(hospital);
    nodes = { ...nodes, hospitals: () => Promise.resolve(['BirchMSP' as MspId]) };
    const storage = storageOver({ BirchMSP: slow });
    const parts = Array.from({ length: 200 }, (_, index) => `part ${String(index)}`);
    const cids = await Promise.all(parts.map(async (text) => (await storage.add(Buffer.from(text))).cid));
    expect(await storage.replicated(cids, accepts)).toBe(2);
    expect(asked.length).toBeLessThan(10);
    expect(Math.max(...asked.map(([, together]) => together.length))).toBe(64);
    expect(open.most).toBeLessThanOrEqual(3);
  });

  test.each(HOSPITALS.slice(1).flatMap((one, index) => HOSPITALS.slice(index + 2).map((two) => [one, two])))(
    'attack 40: t − 1 hospitals that say they hold what they do not leave a part at two honest ones: %s, %s',
    async (...liars) => {
      threshold = () => Promise.resolve(3);
      const lie: CustodianNodes['keep'] = (_, cids) => Promise.resolve(cids);
      const storage = storageOver(Object.fromEntries(liars.map((liar) => [liar, lie])));
      await storage.replicated([await added(storage, 'content')], accepts);
      await until(() => swarm.holdersOf(cid).length >= 2);
    },
  );

  test('asks as many hospitals as the last known threshold wishes, and all while none was ever known', async () => {
    threshold = () => Promise.reject(new DomainError('LEDGER_UNAVAILABLE', 'no answer'));
    const storage = storageOver();
    await storage.replicated([await added(storage, 'content')], accepts);
    await until(() => swarm.holdersOf(cid).length === HOSPITALS.length);
    threshold = () => Promise.resolve(2);
    for (const text of ['one', 'two']) {
      const part = await added(storage, text);
      await storage.replicated([part], accepts);
      await until(() => swarm.holdersOf(part).length === 3);
      expect(asked.filter(([, cids]) => cids.includes(part))).toHaveLength(2);
      threshold = () => Promise.reject(new DomainError('LEDGER_UNAVAILABLE', 'no answer'));
    }
  });

  test('attack 40: a store is held up by no hospital that does not answer, and its memory and requests are bounded', async () => {
    const silent = 'ElmMSP';
    const storage = storageOver({ [silent]: () => unanswered });
    const parts = Array.from({ length: 1_100 }, (_, index) => `part ${String(index)}`);
    const cids = await Promise.all(parts.map((text) => added(storage, text)));
    expect(await storage.replicated(cids, accepts)).toBeGreaterThanOrEqual(2);
    expect(asked.filter(([hospital]) => hospital === silent).length).toBeLessThanOrEqual(3);
  });
});
