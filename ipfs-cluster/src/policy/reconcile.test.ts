// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemorySwarm } from '../testing/memory-swarm.js';
import { MemoryVault } from '../testing/memory-vault.js';
import { partDag } from '../part-dag.js';
import { randomPart } from '../testing/conformance.js';
import { VaultError } from '../vault-error.js';
import type { WishedPin } from './plan.js';
import { reconcile as reconcileVault } from './reconcile.js';

const HOSPITALS = ['alder', 'birch', 'cedar'];

describe('a reconciliation', () => {
  let swarm: MemorySwarm;
  let alder: MemoryVault;

  beforeEach(() => {
    swarm = new MemorySwarm(HOSPITALS);
    alder = new MemoryVault(swarm, 'alder');
  });

  type Part = Omit<WishedPin, 'authors'> & Partial<WishedPin>;
  const reconcile = (vault: MemoryVault, { wished }: Readonly<{ wished: readonly Part[] }>) =>
    reconcileVault(vault, {
      wished: wished.map((part) => ({ authors: ['alder'], ...part })),
      ...{ members: HOSPITALS.length, chance: Math.random },
    });

  const nowhere = (count: number) =>
    Array.from({ length: count }, (_, index) => partDag(new Uint8Array([index >> 8, index & 255, 1])).cid);

  const stored = async () => {
    const part = await alder.addPart(randomPart(100));
    await alder.pin(part.cid, { min: 2, max: 3 });
    return part;
  };

  it('changes nothing when all is as wished', async () => {
    const { cid } = await stored();
    const report = await reconcile(alder, { wished: [{ cid, hospitals: 3 }] });
    expect(report).toEqual({
      wished: 1,
      steps: [],
      failures: [],
      underReplicated: [],
    });
  });

  it('widens a pin that was made during an absence, once the hospital is back', async () => {
    swarm.absent.add('cedar');
    const { cid } = await stored();
    swarm.absent.clear();
    const report = await reconcile(alder, { wished: [{ cid, hospitals: 3 }] });
    expect(report.steps).toEqual([{ kind: 'pin', cid, min: 3, max: 3 }]);
    expect(report.underReplicated).toEqual([cid]);
    expect(swarm.state(cid).pinnedBy).toHaveLength(3);
    expect((await reconcile(alder, { wished: [{ cid, hospitals: 3 }] })).steps).toEqual([]);
  });

  it('pins again what the cluster has lost', async () => {
    const { cid } = await stored();
    swarm.pins.delete(cid);
    await reconcile(alder, { wished: [{ cid, hospitals: 3 }] });
    expect(swarm.state(cid).pinnedBy).toEqual(HOSPITALS);
  });

  it('reports a step that failed, and goes on with the others', async () => {
    const [one, two] = [await stored(), await stored()];
    swarm.pins.clear();
    swarm.pin = (cid, min, max) => {
      if (cid === one.cid) throw new VaultError('VAULT_UNAVAILABLE');
      MemorySwarm.prototype.pin.call(swarm, cid, min, max);
    };
    const report = await reconcile(alder, { wished: [one, two].map(({ cid }) => ({ cid, hospitals: 3 })) });
    const step = { kind: 'pin', cid: one.cid, min: 3, max: 3 };
    expect(report.failures).toEqual([{ step, code: 'VAULT_UNAVAILABLE' }]);
    expect(swarm.state(two.cid).pinnedBy).toEqual(HOSPITALS);
  });

  it('attack 44: is not ended by a pinned identifier that no vault makes, nor by a question that fails', async () => {
    const { cid } = await stored();
    swarm.diskOf('alder').pinned.delete(cid);
    const foreign = 'bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
    swarm.pin(foreign, 1, 3);
    const asked: (readonly string[])[] = [];
    alder.pinStates = (cids) => {
      asked.push(cids);
      return Promise.reject(new VaultError(cids.includes(foreign) ? 'BAD_CID' : 'VAULT_TIMEOUT'));
    };
    const wished = [foreign, cid].map((one) => ({ cid: one, hospitals: 3 }));
    const report = await reconcile(alder, { wished });
    expect(asked).toEqual([[cid]]);
    expect(report.failures).toContainEqual({ step: { kind: 'ask', cids: [cid] }, code: 'VAULT_TIMEOUT' });
    expect(report.underReplicated).toEqual([]);
    expect(swarm.diskOf('alder').pinned.has(cid)).toBe(true);
  });

  it("hides no error that is not the vault's", async () => {
    const { cid } = await stored();
    swarm.pins.clear();
    swarm.pin = () => {
      throw new RangeError('a mistake');
    };
    await expect(reconcile(alder, { wished: [{ cid, hospitals: 3 }] })).rejects.toThrow('a mistake');
  });

  it('takes nothing away that the ledger does not know', async () => {
    const { cid } = await stored();
    expect(await reconcile(alder, { wished: [] })).toMatchObject({ wished: 0, steps: [] });
    expect(swarm.pins.has(cid)).toBe(true);
    expect(swarm.diskOf('alder').pinned.has(cid)).toBe(true);
  });

  it('holds at the own node what it lost, although the shared pinset cannot be read', async () => {
    const { cid } = await stored();
    swarm.diskOf('alder').pinned.clear();
    swarm.collectGarbage('alder');
    alder.listPins = () => Promise.reject(new VaultError('VAULT_REFUSED'));
    await expect(reconcile(alder, { wished: [{ cid, hospitals: 3 }] })).rejects.toMatchObject({
      code: 'VAULT_REFUSED',
    });
    expect(swarm.diskOf('alder').parts.has(cid)).toBe(true);
    expect(swarm.diskOf('alder').pinned.has(cid)).toBe(true);
  });

  it('attack 44: is not held up by parts that exist nowhere, and still holds the others in time', async () => {
    const { cid } = await stored();
    swarm.diskOf('alder').pinned.delete(cid);
    const tried: (number | undefined)[] = [];
    alder.hold = (one, { deadlineMs } = {}) => {
      tried.push(deadlineMs);
      return one === cid
        ? MemoryVault.prototype.hold.call(alder, one)
        : Promise.reject(new VaultError('PART_NOT_FOUND'));
    };
    const wished = [...nowhere(500), cid].map((one) => ({ cid: one, hospitals: 3 }));
    for (let run = 0; run < 200 && !swarm.diskOf('alder').pinned.has(cid); run += 1) {
      tried.length = 0;
      await reconcile(alder, { wished });
      expect(tried).toHaveLength(64);
    }
    expect(new Set(tried)).toEqual(new Set([5_000]));
    expect(swarm.diskOf('alder').pinned.has(cid)).toBe(true);
  });

  it('attack 40: holds whole what an entry of the first block alone had the own node pin by that block', async () => {
    const { cid } = await alder.addPart(randomPart(100));
    swarm.pin(cid, 1, 1);
    swarm.rewrite(cid, 'partial', HOSPITALS);
    const birch = new MemoryVault(swarm, 'birch');
    expect(await birch.listDirect()).toEqual([cid]);
    const report = await reconcile(birch, { wished: [{ cid, hospitals: 3 }] });
    expect(report.underReplicated).toEqual([cid]);
    expect(report.steps).toContainEqual({ kind: 'hold', cid });
    expect(await birch.listHeld()).toEqual([cid]);
    expect(swarm.diskOf('birch').parts.has(cid)).toBe(true);
  });

  it('attack 40: holds what an entry names that no hospital can change, and does not ask for that entry', async () => {
    const { cid } = await stored();
    swarm.diskOf('alder').pinned.clear();
    swarm.rewrite(cid, 'fixed', []);
    const { steps } = await reconcile(alder, { wished: [{ cid, hospitals: 3 }] });
    expect(steps).toEqual([{ kind: 'hold', cid }]);
    expect(swarm.diskOf('alder').pinned.has(cid)).toBe(true);
  });

  it('attack 44: asks the shared pinset for no part that the own node does not hold', async () => {
    const { cid } = await stored();
    swarm.absent.add('cedar');
    const unnamed = nowhere(60);
    for (const one of unnamed.slice(30)) swarm.rewrite(one, 'recursive', HOSPITALS);
    alder.hold = () => Promise.reject(new VaultError('PART_NOT_FOUND'));
    const wished = [...unnamed, cid].map((one) => ({ cid: one, hospitals: 3 }));
    const { steps } = await reconcile(alder, { wished });
    expect(new Set(steps.filter(({ kind }) => kind === 'hold').map((step) => step.cid))).toEqual(
      new Set(unnamed),
    );
    expect(steps.filter(({ kind }) => kind !== 'hold')).toEqual([{ kind: 'recover', cid }]);
  });

  it('attack 44: holds parts of authors in turns, also where one names the parts of another', async () => {
    const honest = await Promise.all(
      Array.from(
        { length: 20 },
        async () => (await new MemoryVault(swarm, 'birch').addPart(randomPart(9))).cid,
      ),
    );
    alder.hold = () => Promise.reject(new VaultError('PART_NOT_FOUND'));
    const wished = [
      ...nowhere(500).map((cid) => ({ cid, hospitals: 3, authors: ['cedar'] })),
      ...honest.map((cid, index) => ({
        ...{ cid, hospitals: 3 },
        authors: index < 10 ? ['cedar', 'birch'] : ['birch'],
      })),
    ];
    const { steps } = await reconcile(alder, { wished });
    expect(steps).toHaveLength(64);
    expect(steps.map(({ cid }) => cid)).toEqual(expect.arrayContaining(honest));
  });

  it('attack 44: asks the shared pinset for so many parts in a run, of authors in turns', async () => {
    const asked: string[] = [];
    alder.listHeld = () => Promise.resolve(all);
    alder.pin = (cid) => {
      asked.push(cid);
      return Promise.resolve();
    };
    const [many, honest] = [nowhere(1_500), nowhere(1_600).slice(1_500)];
    const all = [...many, ...honest];
    await reconcile(alder, {
      wished: all.map((cid, index) => ({
        ...{ cid, hospitals: 3 },
        authors: [index < many.length ? 'cedar' : 'birch'],
      })),
    });
    expect(asked).toHaveLength(1_000);
    expect(asked).toEqual(expect.arrayContaining(honest));
  });

  it('attack 40: one hospital withdraws every pin and has all collect, and every part stays', async () => {
    const { cid } = await stored();
    swarm.unpin(cid);
    for (const hospital of HOSPITALS) swarm.collectGarbage(hospital);
    for (const hospital of HOSPITALS) expect(swarm.diskOf(hospital).parts.has(cid)).toBe(true);
    await reconcile(alder, { wished: [{ cid, hospitals: 3 }] });
    expect(swarm.state(cid).pinnedBy).toEqual(HOSPITALS);
  });
});
