// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../clock.js';
import { partDag } from '../part-dag.js';
import { ACCEPTED } from '../testing/accepted.js';
import { randomPart } from '../testing/conformance.js';
import { MemorySwarm } from '../testing/memory-swarm.js';
import { MemoryVault } from '../testing/memory-vault.js';
import { VaultError } from '../vault-error.js';
import { holdersOf } from './holders.js';
import type { OtherNodes } from './other-nodes.js';
import type { Asking, OthersOptions } from './others-run.js';
import type { OwnOptions } from './own-run.js';
import type { KeepStep, OwnStep, WishedPart } from './plan.js';
import { Reconciliation } from './reconcile.js';
import { copiesFor } from './replication.js';

const HOSPITALS = ['alder', 'birch', 'cedar'];

describe('a reconciliation', () => {
  let swarm: MemorySwarm;
  let alder: MemoryVault;

  beforeEach(() => {
    swarm = new MemorySwarm(HOSPITALS);
    alder = new MemoryVault(swarm, 'alder');
  });

  /** The nodes of the other hospitals as their custodians answer for them. */
  const others = (): OtherNodes => ({
    keep: async (hospital, cids) => {
      if (swarm.absent.has(hospital)) return null;
      const vault = new MemoryVault(swarm, hospital);
      const held = await Promise.allSettled(
        cids.map((cid) => vault.hold(cid, { ...ACCEPTED, deadlineMs: 20 })),
      );
      return cids.filter((_, index) => held[index]?.status === 'fulfilled');
    },
    kept: (hospital, cids) =>
      Promise.resolve(
        swarm.absent.has(hospital) ? null : cids.filter((cid) => swarm.diskOf(hospital).pinned.has(cid)),
      ),
  });

  /** One run of each kind. */
  const run = async (
    wished: readonly (Partial<WishedPart> & { cid: string })[],
    more: Partial<OwnOptions & OthersOptions & Asking> = {},
  ) => {
    const options = {
      draw: (most: number) =>
        Promise.resolve(wished.slice(0, most).map((part) => ({ authors: ['alder'], ...part }))),
      ...{ own: 'alder', members: HOSPITALS, copies: 3, others: others() },
      ...{ isWished: () => true, chance: Math.random, givenUp: [], clock: systemClock },
      ...more,
    };
    const repair = new Reconciliation(alder, options);
    const own = await repair.atOwnNode(options, () => undefined);
    const asked = await repair.atOthers(options);
    return {
      ...{ ...own, ...asked, steps: [...own.steps, ...asked.steps] },
      failures: [...own.failures, ...asked.failures],
    };
  };

  const nowhere = (count: number) =>
    Array.from({ length: count }, (_, index) => partDag(new Uint8Array([index >> 8, index & 255, 1])).cid);

  const stored = async (at: readonly string[] = HOSPITALS) => {
    const part = await alder.addPart(randomPart(100));
    await alder.pin(part.cid, ACCEPTED);
    for (const hospital of at) await new MemoryVault(swarm, hospital).hold(part.cid, ACCEPTED);
    return part;
  };

  const kinds = (steps: readonly (OwnStep | KeepStep)[], kind: (OwnStep | KeepStep)['kind']) =>
    steps.filter((step) => step.kind === kind);

  it('changes nothing when all is as wished', async () => {
    const { cid } = await stored();
    expect(await run([{ cid }])).toEqual({
      wished: 1,
      steps: [],
      failures: [],
      underReplicated: [],
      silent: [],
    });
  });

  it('has a hospital hold what was stored during its absence, once it is back', async () => {
    swarm.absent.add('cedar');
    const { cid } = await stored(['birch']);
    const away = await run([{ cid }]);
    expect(away).toMatchObject({ steps: [], underReplicated: [cid] });
    expect(away.failures).toEqual([{ step: { kind: 'ask', hospital: 'cedar' }, code: 'NO_ANSWER' }]);
    swarm.absent.clear();
    const report = await run([{ cid }]);
    expect(report.steps).toEqual([{ kind: 'keep', cid, hospital: 'cedar' }]);
    expect(swarm.holdersOf(cid)).toEqual(HOSPITALS);
    expect(await run([{ cid }])).toMatchObject({ steps: [], underReplicated: [] });
  });

  it('enters what the own pinset has lost', async () => {
    const { cid } = await stored();
    swarm.diskOf('alder').entered.clear();
    expect((await run([{ cid }])).steps).toEqual([{ kind: 'pin', cid }]);
    expect(swarm.diskOf('alder').entered.has(cid)).toBe(true);
  });

  it('fetches what another hospital stored and the rule has this one hold, and enters it', async () => {
    const { cid } = await new MemoryVault(swarm, 'birch').addPart(randomPart(100));
    const { steps } = await run([{ cid, authors: ['birch'] }]);
    expect(steps).toEqual([
      { kind: 'hold', cid },
      { kind: 'pin', cid },
      { kind: 'keep', cid, hospital: 'cedar' },
    ]);
    expect(swarm.holdersOf(cid)).toEqual(HOSPITALS);
  });

  it('reports a step that failed, and goes on with the others', async () => {
    const [one, two] = [await stored(), await stored()];
    swarm.diskOf('alder').entered.clear();
    alder.pin = (cid, limits) =>
      cid === one.cid
        ? Promise.reject(new VaultError('VAULT_UNAVAILABLE'))
        : MemoryVault.prototype.pin.call(alder, cid, limits);
    const { failures } = await run([one, two]);
    expect(failures).toEqual([{ step: { kind: 'pin', cid: one.cid }, code: 'VAULT_UNAVAILABLE' }]);
    expect([...swarm.diskOf('alder').entered]).toEqual([two.cid]);
  });

  it('attack 44: a run asks nothing about an identifier that no vault makes', async () => {
    const { cid } = await stored();
    const foreign = 'bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
    const asked: string[] = [];
    const kept: OtherNodes['kept'] = (_, cids) => (asked.push(...cids), Promise.resolve(cids));
    await run([{ cid: foreign }, { cid }], { others: { ...others(), kept } });
    expect(new Set(asked)).toEqual(new Set([cid]));
  });

  it("hides no error that is not the vault's", async () => {
    const { cid } = await stored();
    swarm.diskOf('alder').entered.clear();
    alder.pin = () => Promise.reject(new RangeError('a mistake'));
    await expect(run([{ cid }])).rejects.toThrow('a mistake');
  });

  it('takes nothing away that the ledger does not know', async () => {
    const { cid } = await stored();
    expect(await run([])).toMatchObject({ wished: 0, steps: [] });
    expect(swarm.diskOf('alder').entered.has(cid)).toBe(true);
    expect(swarm.holdersOf(cid)).toEqual(HOSPITALS);
  });

  it('a run does nothing for a part that went after the run began', async () => {
    const { cid } = await stored(['birch']);
    const lost = await stored();
    swarm.diskOf('alder').pinned.delete(lost.cid);
    swarm.diskOf('alder').entered.clear();
    expect((await run([{ cid }, lost], { isWished: () => false })).steps).toEqual([]);
    expect(swarm.holdersOf(lost.cid)).toEqual(['birch', 'cedar']);
    expect(swarm.holdersOf(cid)).toEqual(['alder', 'birch']);
  });

  it('holds at the own node what it lost, although the own pinset cannot be read', async () => {
    const { cid } = await stored();
    swarm.diskOf('alder').pinned.clear();
    swarm.collectGarbage('alder');
    alder.listPins = () => Promise.reject(new VaultError('VAULT_UNAVAILABLE'));
    await expect(run([{ cid }])).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
    expect(swarm.diskOf('alder').parts.has(cid)).toBe(true);
    expect(swarm.diskOf('alder').pinned.has(cid)).toBe(true);
  });

  it('attack 44: is not held up by parts that exist nowhere, and still holds the others in time', async () => {
    const { cid } = await stored();
    swarm.diskOf('alder').pinned.delete(cid);
    const tried: (number | undefined)[] = [];
    alder.hold = (one, limits) => {
      tried.push(limits.deadlineMs);
      return one === cid
        ? MemoryVault.prototype.hold.call(alder, one, limits)
        : Promise.reject(new VaultError('PART_NOT_FOUND'));
    };
    const wished = [...nowhere(500), cid].map((one) => ({ cid: one }));
    for (let count = 0; count < 200 && !swarm.diskOf('alder').pinned.has(cid); count += 1) {
      tried.length = 0;
      await run(wished);
      expect(tried).toHaveLength(64);
    }
    expect(new Set(tried)).toEqual(new Set([5_000]));
    expect(swarm.diskOf('alder').pinned.has(cid)).toBe(true);
  });

  it('attack 44: looks at so many parts in a run, however many there are to be drawn', async () => {
    const asked: number[] = [];
    const draw: OwnOptions['draw'] = (most) => (asked.push(most), Promise.resolve([]));
    await run([], { draw });
    expect(asked).toEqual([12_000]);
  });

  it('attack 44: a run has no other hospital hold a part that the own node does not hold', async () => {
    const { cid } = await stored([]);
    alder.hold = () => Promise.reject(new VaultError('PART_NOT_FOUND'));
    const { steps } = await run([...nowhere(60), cid].map((one) => ({ cid: one })));
    expect(kinds(steps, 'hold')).toHaveLength(60);
    expect(new Set(kinds(steps, 'keep').map((step) => step.cid))).toEqual(new Set([cid]));
  });

  it('attack 44: a run holds parts of authors in turns, also where one names the parts of another', async () => {
    const birch = new MemoryVault(swarm, 'birch');
    const honest: string[] = [];
    for (let count = 0; count < 20; count += 1) honest.push((await birch.addPart(randomPart(9))).cid);
    alder.hold = () => Promise.reject(new VaultError('PART_NOT_FOUND'));
    const { steps } = await run([
      ...nowhere(500).map((cid) => ({ cid, authors: ['cedar'] })),
      ...honest.map((cid, index) => ({ cid, authors: index < 10 ? ['cedar', 'birch'] : ['birch'] })),
    ]);
    const tried = kinds(steps, 'hold').map(({ cid }) => cid);
    expect(tried).toHaveLength(64);
    expect(tried).toEqual(expect.arrayContaining(honest));
  });

  it('attack 44: a run has others hold a bounded number of parts, of authors in turns, a few in each request', async () => {
    const [many, honest] = [nowhere(1_500), nowhere(1_600).slice(1_500)];
    const all = [...many, ...honest];
    alder.listHeld = () => Promise.resolve(all);
    alder.listPins = () => Promise.resolve(all);
    const requests: (readonly string[])[] = [];
    const nodes: OtherNodes = {
      kept: (hospital, cids) => Promise.resolve(hospital === 'cedar' ? cids : []),
      keep: (_, cids) => (requests.push(cids), Promise.resolve(cids)),
    };
    await run(
      all.map((cid, index) => ({ cid, authors: [index < many.length ? 'cedar' : 'birch'] })),
      { others: nodes },
    );
    expect(requests.flat()).toHaveLength(1_000);
    expect(requests.flat()).toEqual(expect.arrayContaining(honest));
    expect(Math.max(...requests.map(({ length }) => length))).toBeLessThanOrEqual(16);
  });

  describe('where there are more hospitals than copies', () => {
    const members = ['alder', 'birch', 'cedar', 'dogwood', 'elm'];

    beforeEach(() => {
      swarm = new MemorySwarm(members);
      alder = new MemoryVault(swarm, 'alder');
    });

    it('a part lies at its author and at the hospitals that come next, and stays there', async () => {
      const { cid } = await stored([]);
      const order = holdersOf({ cid, authors: ['alder'], members });
      const { steps } = await run([{ cid }], { members });
      const asked = order.slice(1, 3).map((hospital) => ({ kind: 'keep', cid, hospital }));
      expect(new Set(steps)).toEqual(new Set(asked));
      expect(new Set(swarm.holdersOf(cid))).toEqual(new Set(order.slice(0, 3)));
      expect(await run([{ cid }], { members })).toMatchObject({ steps: [], failures: [] });
    });

    it.each([
      ['does not answer', null],
      ['refuses', []],
    ])('lays it at the next where one %s', async (_, answer) => {
      const { cid } = await stored([]);
      const [, silent = '', ...next] = holdersOf({ cid, authors: ['alder'], members });
      const keep: OtherNodes['keep'] = (hospital, cids, signal) =>
        hospital === silent ? Promise.resolve(answer) : others().keep(hospital, cids, signal);
      const report = await run([{ cid }], { members, others: { ...others(), keep } });
      expect(swarm.holdersOf(cid)).toHaveLength(3);
      expect(new Set(swarm.holdersOf(cid))).toEqual(new Set(['alder', ...next.slice(0, 2)]));
      expect(report.failures).toHaveLength(1);
    });

    it('a run waits for a hospital that has fallen silent, until it is given up and the next in the order is asked', async () => {
      const { cid } = await stored([]);
      const [, away = '', ...next] = holdersOf({ cid, authors: ['alder'], members });
      await run([{ cid }], { members });
      swarm.absent.add(away);
      const first = await run([{ cid }], { members });
      expect(first).toMatchObject({ steps: [], underReplicated: [cid], silent: [away] });
      const second = await run([{ cid }], { members, givenUp: first.silent });
      expect(second.steps).toEqual([{ kind: 'keep', cid, hospital: next[1] }]);
    });

    it('attack 44: a run asks about a bounded number of parts, of authors in turns, and takes the others for neither held nor lacking', async () => {
      const [many, honest] = [nowhere(8_000), nowhere(8_100).slice(8_000)];
      const all = [...many, ...honest];
      alder.listHeld = () => Promise.resolve(all);
      alder.listPins = () => Promise.resolve(all);
      const [asked, kept] = [new Set<string>(), new Set<string>()];
      const nodes: OtherNodes = {
        kept: (_, cids) => (cids.forEach((cid) => asked.add(cid)), Promise.resolve([])),
        keep: (_, cids) => (cids.forEach((cid) => kept.add(cid)), Promise.resolve(cids)),
      };
      const { underReplicated } = await run(
        all.map((cid, index) => ({ cid, authors: [index < many.length ? 'cedar' : 'birch'] })),
        { members, others: nodes },
      );
      expect(asked.size).toBe(6_000);
      expect([...asked]).toEqual(expect.arrayContaining(honest));
      expect(new Set(underReplicated)).toEqual(asked);
      expect([...asked]).toEqual(expect.arrayContaining([...kept]));
    });

    it('attack 40: what a hospital answers about copies counts for itself alone, and only for parts that it was asked about', async () => {
      const [one, two] = [await stored([]), await stored([])];
      const lie: OtherNodes['kept'] = (_, cids) => Promise.resolve([...cids.slice(1), two.cid, one.cid]);
      const kept: OtherNodes['kept'] = (hospital, cids, signal) =>
        hospital === 'elm' ? lie(hospital, cids, signal) : others().kept(hospital, cids, signal);
      const { underReplicated } = await run([one, two], { members, others: { ...others(), kept } });
      expect(new Set(underReplicated)).toEqual(new Set([one.cid, two.cid]));
      for (const { cid } of [one, two])
        expect(swarm.holdersOf(cid).filter((hospital) => hospital !== 'elm').length).toBeGreaterThan(1);
    });

    it.each(
      members.slice(1).flatMap((one, index) => members.slice(index + 2).map((two) => [one, two] as const)),
    )(
      'attack 40: t − 1 hospitals that say they hold what they do not leave a part at two honest ones: %s, %s',
      async (...liars) => {
        const nodes = others();
        const lying =
          (what: 'keep' | 'kept'): OtherNodes['keep'] =>
          (hospital, cids, signal) =>
            (liars as readonly string[]).includes(hospital)
              ? Promise.resolve(cids)
              : nodes[what](hospital, cids, signal);
        for (const authors of [['alder'], ['alder', ...liars]]) {
          const { cid } = await stored([]);
          const told = { keep: lying('keep'), kept: lying('kept') };
          await run([{ cid, authors }], { members, copies: copiesFor(3), others: told });
          expect(swarm.holdersOf(cid).length).toBeGreaterThanOrEqual(2);
        }
      },
    );

    it('attack 40: no hospital makes a run of repair longer than the time for its own answer', async () => {
      let ms = 0;
      const clock = {
        now: () => ms,
        sleep: () => Promise.resolve(),
        timeout: () => AbortSignal.timeout(1_000),
      };
      const parts = nowhere(9_000);
      alder.listHeld = () => Promise.resolve(parts);
      alder.listPins = () => Promise.resolve(parts);
      const asked = new Map<string, number>();
      const kept: OtherNodes['kept'] = (hospital, cids) => {
        asked.set(hospital, (asked.get(hospital) ?? 0) + 1);
        if (hospital === 'elm') ms += 9_999;
        return Promise.resolve(hospital === 'dogwood' ? [] : cids);
      };
      const wished = parts.map((cid) => ({ cid }));
      const { failures } = await run(wished, { members, clock, others: { ...others(), kept } });
      expect(asked.get('elm')).toBeLessThanOrEqual(31);
      expect(failures).toContainEqual({ step: { kind: 'ask', hospital: 'elm' }, code: 'NO_ANSWER' });
    });
  });
});
