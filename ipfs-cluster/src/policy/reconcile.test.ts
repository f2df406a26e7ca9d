// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemorySwarm } from '../testing/memory-swarm.js';
import { MemoryVault } from '../testing/memory-vault.js';
import { randomPart } from '../testing/conformance.js';
import { VaultError } from '../vault-error.js';
import type { WishedPin } from './plan.js';
import { confirmErasures, reconcile } from './reconcile.js';

const HOSPITALS = ['alder', 'birch', 'cedar'];

describe('a reconciliation', () => {
  let swarm: MemorySwarm;
  let alder: MemoryVault;

  beforeEach(() => {
    swarm = new MemorySwarm(HOSPITALS, () => 1_000);
    alder = new MemoryVault(swarm, 'alder');
  });

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
      unwished: [],
      orphans: 0,
      collected: 0,
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

  it("hides no error that is not the vault's", async () => {
    const { cid } = await stored();
    swarm.pins.clear();
    swarm.pin = () => {
      throw new RangeError('a mistake');
    };
    await expect(reconcile(alder, { wished: [{ cid, hospitals: 3 }] })).rejects.toThrow('a mistake');
  });

  it('reports unknown pins, and withdraws them only when told to and old enough', async () => {
    const { cid } = await stored();
    expect((await reconcile(alder, { wished: [] })).unwished).toEqual([cid]);
    await reconcile(alder, { wished: [], withdrawUnwished: { nowMs: 2_000, graceMs: 5_000 } });
    expect(swarm.pins.has(cid)).toBe(true);
    const report = await reconcile(alder, { wished: [], withdrawUnwished: { nowMs: 9_000, graceMs: 5_000 } });
    expect(report.steps).toEqual([{ kind: 'unpin', cid }]);
    expect(swarm.pins.has(cid)).toBe(false);
  });

  it('withdraws nothing when the wished set cannot be read to its end', async () => {
    const { cid } = await stored();
    const broken = (async function* (): AsyncGenerator<WishedPin> {
      await Promise.reject(new Error('the ledger is away'));
      yield { cid, hospitals: 3 };
    })();
    const withdrawUnwished = { nowMs: 9_000, graceMs: 0 };
    await expect(reconcile(alder, { wished: broken, withdrawUnwished })).rejects.toThrow(
      'the ledger is away',
    );
    expect(swarm.pins.has(cid)).toBe(true);
  });

  it('drops the pin that a hospital kept because it was away when it was withdrawn', async () => {
    const { cid } = await stored();
    swarm.absent.add('cedar');
    await alder.unpin(cid);
    swarm.absent.clear();
    const cedar = new MemoryVault(swarm, 'cedar');
    const report = await reconcile(cedar, { wished: [], collectGarbage: true });
    expect(report.steps).toEqual([{ kind: 'drop-stale-pin', cid }]);
    expect(report.collected).toBe(1);
    expect(swarm.diskOf('cedar').parts.size).toBe(0);
  });

  it('counts orphans, collects them when told to, and never while an upload is open', async () => {
    await alder.addPart(randomPart(100));
    expect(await reconcile(alder, { wished: [] })).toMatchObject({ orphans: 1, collected: 0 });
    const limits = { deadlineMs: 30 };
    await alder.withUploadLease(async () => {
      expect(await reconcile(alder, { wished: [], collectGarbage: true, limits })).toMatchObject({
        collected: 0,
      });
    });
    expect(await reconcile(alder, { wished: [], collectGarbage: true })).toMatchObject({
      orphans: 1,
      collected: 1,
    });
  });

  it('confirms erasures part by part', async () => {
    const parts = [await stored(), await stored(), await stored()];
    const remains = await confirmErasures(alder, parts);
    expect(remains.map(({ cid, gone }) => ({ cid, gone }))).toEqual(
      parts.map(({ cid }) => ({ cid, gone: true })),
    );
    expect(swarm.diskOf('alder').parts.size).toBe(0);
  });
});
