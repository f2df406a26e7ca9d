// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError, type Erasure, type MspId, type RecordId } from '@tutela/chaincode/domain';
import { inBatches, partDag } from '@tutela/ipfs-cluster';
import { createReconciler } from '../reconciler/create-reconciler.js';
import { type Scene, setScene, type TestGateway } from '../testing/index.js';
import { ContentIndex } from './content-index.js';
import { createErasures } from './create-erasures.js';
import type { Erasures } from './erasures.js';
import { PartJournal } from './part-journal.js';

const HOSTILE = 'CedarMSP' as MspId;
const HONEST = 'AlderMSP' as MspId;

let consortium: Scene['consortium'];
let birch: TestGateway;
let pending: Erasure[];
let listings: number;
/** Ids of the erasures that were confirmed, and after how many full listings of node and pinset. */
let confirmed: (readonly [string, number])[];

beforeEach(async () => {
  ({ consortium } = await setScene());
  birch = consortium.gateway(1);
  pending = [];
  listings = 0;
  confirmed = [];
});

function order(author: MspId, name: string): RecordId {
  const recordId = `record of ${name}` as RecordId;
  const statement = { erasureId: name, recordId };
  // Nothing else of an erasure is read here.
  pending.push({
    statement,
    author,
    versions: 1,
    orderedAt: consortium.world.ledger.now,
  } as unknown as Erasure);
  return recordId;
}

async function knownHere(recordId: RecordId, text: string): Promise<string> {
  const { cid } = partDag(Buffer.from(text));
  const author = pending.find(({ statement }) => statement.recordId === recordId)?.author ?? HONEST;
  await new ContentIndex(birch.deps.state).note({ recordId, version: 1, author, cids: [cid] }, 1);
  return cid;
}

function erasures(): Erasures {
  const { ledger, storage } = birch.deps;
  const askOwnPeer = (name: string): Promise<unknown> =>
    Promise.resolve(
      { 'record:ListErasures': { erasures: pending }, 'record:ListRetirements': { retirements: [] } }[
        name
      ] ?? {
        versions: [],
      },
    );
  const submit = (_: unknown, __: string, { erasureId }: Readonly<{ erasureId: string }>) => {
    confirmed.push([erasureId, listings]);
    pending = pending.filter(({ statement }) => statement.erasureId !== erasureId);
    return Promise.resolve({});
  };
  const holdings: typeof storage.holdings = (signal) => {
    listings += 1;
    return storage.holdings(signal);
  };
  return createErasures({
    ...birch.deps,
    parts: new PartJournal(birch.deps.state),
    content: new ContentIndex(birch.deps.state),
    ledger: Object.assign(Object.create(ledger) as typeof ledger, { askOwnPeer, submit }),
    storage: { ...storage, holdings },
  });
}

describe('attack 44: erasures without end, of records that the others know nothing of', () => {
  test('cost one list of what lies here for all, and come after what is known', async () => {
    for (let number = 0; number < 300; number += 1) order(HOSTILE, `0${String(number)}`);
    await knownHere(order(HONEST, 'zzz'), 'a part of the honest record');
    await erasures().confirmPending();
    expect(confirmed[0]).toEqual(['zzz', 0]);
    expect(listings).toBe(1);
    expect(confirmed).toHaveLength(201);
  });

  test('keep none of another author waiting, although their ids come first and there are too many for a round', async () => {
    for (let number = 0; number < 300; number += 1) order(HOSTILE, `0${String(number)}`);
    order(HONEST, 'zzz');
    await erasures().confirmPending();
    expect(confirmed.slice(0, 2).map(([id]) => id)).toContain('zzz');
  });

  test('keep none of another author waiting when their parts cannot be removed, nor a round from ending', async () => {
    const refusal = new DomainError('STORAGE_UNAVAILABLE', 'the node refuses');
    const stuck: string[] = [];
    for (let number = 0; number < 120; number += 1) {
      const name = `0${String(number)}`;
      stuck.push(await knownHere(order(HOSTILE, name), name));
    }
    const tried: string[] = [];
    const remove = birch.deps.storage.remove.bind(birch.deps.storage);
    birch.deps.storage.remove = (cid, ...rest) => {
      tried.push(cid);
      return stuck.includes(cid) ? Promise.reject(refusal) : remove(cid, ...rest);
    };
    await knownHere(order(HONEST, 'zzz'), 'a part of the honest record');
    const tested = erasures();
    await tested.confirmPending();
    expect(confirmed).toEqual([['zzz', 0]]);
    expect(tried).toHaveLength(51);
    for (let round = 0; round < 2; round += 1) {
      consortium.world.ledger.advance(60_000);
      await tested.confirmPending();
    }
    expect(new Set(tried.filter((cid) => stuck.includes(cid))).size).toBe(120);
  });

  test('a round of erasures ends also when all succeed, and leaves none of another author to the next round', async () => {
    for (let number = 0; number < 450; number += 1) {
      const name = `0${String(number)}`;
      await knownHere(order(HOSTILE, name), name);
    }
    for (const name of ['zzz', 'zzzz']) await knownHere(order(HONEST, name), name);
    const tested = erasures();
    expect(await tested.confirmPending()).toBe(200);
    expect(confirmed.slice(0, 4).map(([id]) => id)).toEqual(expect.arrayContaining(['zzz', 'zzzz']));
    order(HONEST, 'ordered meanwhile');
    await tested.confirmPending();
    expect(confirmed.map(([id]) => id)).toContain('ordered meanwhile');
    expect(confirmed).toHaveLength(401);
  });

  test('a round of erasures ends after so many parts, however few erasures name them', async () => {
    const cids = Array.from({ length: 6_000 }, (_, number) => `part ${String(number)}`);
    const removed: string[] = [];
    birch.deps.storage.remove = (cid) => {
      removed.push(cid);
      return Promise.resolve({ gone: true, released: true, removed: [] });
    };
    for (const name of ['a', 'b', 'c'])
      await new ContentIndex(birch.deps.state).note(
        {
          ...{ recordId: order(HOSTILE, name), version: 1, author: HOSTILE },
          cids: cids.map((cid) => `${cid} of ${name}`),
        },
        1,
      );
    const tested = erasures();
    expect(await tested.confirmPending()).toBe(2);
    expect(removed).toHaveLength(12_000);
    expect(await tested.confirmPending()).toBe(1);
  });

  test('erasures hold up no repair of storage, however long a round of them takes', async () => {
    const repaired = Promise.withResolvers<undefined>();
    const stop = new AbortController();
    const { storage } = birch.deps;
    const reconciler = createReconciler({
      ...birch.deps,
      parts: new PartJournal(birch.deps.state),
      content: new ContentIndex(birch.deps.state),
      storage: {
        ...storage,
        reconcile: (...wished) => {
          repaired.resolve(undefined);
          return storage.reconcile(...wished);
        },
      },
      services: {
        ...birch.services,
        erasures: {
          ...birch.services.erasures,
          confirmPending: (signal) =>
            new Promise((resolve) => {
              signal?.addEventListener('abort', () => {
                resolve(0);
              });
            }),
        },
      },
    });
    const running = reconciler.run(stop.signal);
    await repaired.promise;
    stop.abort();
    await running;
  });
});

describe('an erasure of which not every version is known', () => {
  test('an erasure waits while the own node holds what no record explains, and not for what the own pinset alone names', async () => {
    const { storage } = birch.deps;
    const { cid } = partDag(Buffer.from('of no record'));
    const lying = { held: [] as string[], orphans: [] as string[], entered: [cid] };
    storage.holdings = () => Promise.resolve({ ...lying, orphans: inBatches(lying.orphans, 1) });
    const tested = erasures();
    order(HONEST, 'unknown here');
    for (const kind of ['held', 'orphans'] as const) {
      lying[kind] = [cid];
      expect(await tested.confirmPending()).toBe(0);
      lying[kind] = [];
    }
    expect(await tested.confirmPending()).toBe(1);
  });

  test('in part, as its noting was cut, waits in the same way after what is known went', async () => {
    const { storage, state } = birch.deps;
    const { cid } = partDag(Buffer.from('of no record'));
    const lying = { held: [cid], orphans: [] as string[], entered: [] as string[] };
    storage.holdings = () => Promise.resolve({ ...lying, orphans: inBatches(lying.orphans, 1) });
    const tested = erasures();
    await knownHere(order(HONEST, 'known in part'), 'a part of it');
    state.exec('UPDATE named_version SET whole = 0');
    expect(await tested.confirmPending()).toBe(0);
    lying.held = [];
    expect(await tested.confirmPending()).toBe(1);
  });

  test('although another version of it is known, waits while a copy of it lies here', async () => {
    const { storage } = birch.deps;
    const recordId = order(HONEST, 'of two versions');
    pending = pending.map((one) => ({ ...one, versions: 2 }));
    await knownHere(recordId, 'of the version that is known');
    const { cid } = await storage.add(Buffer.from('of the version that is not known'));
    consortium.world.ledger.advance(60_000);
    const tested = erasures();
    expect(await tested.confirmPending()).toBe(0);
    await storage.remove(cid, []);
    expect(await tested.confirmPending()).toBe(1);
  });

  test('an erasure of a version that is noted to its end while its parts are removed is not confirmed with parts left', async () => {
    const { storage, state } = birch.deps;
    const recordId = order(HONEST, 'noted late');
    const cids = Array.from({ length: 600 }, (_, part) => partDag(Buffer.from(`part ${String(part)}`)).cid);
    const lying = new Set(cids);
    // What is noted first comes last in the order in which parts are removed.
    const named = cids.toSorted().reverse();
    const version = { recordId, version: 1, author: HONEST, cids: named };
    const noting = new ContentIndex(state).note(version, 1);
    storage.remove = async (cid) => {
      await noting;
      return { gone: true, released: true, removed: lying.delete(cid) ? [cid] : [] };
    };
    storage.holdings = () => Promise.resolve({ held: [...lying], orphans: inBatches([], 1), entered: [] });
    const tested = erasures();
    expect(await tested.confirmPending()).toBe(0);
    expect(lying.size).toBeGreaterThan(0);
    expect(await tested.confirmPending()).toBe(1);
    expect(lying.size).toBe(0);
  });

  test('counts a version that is gone from here already as known', async () => {
    const recordId = order(HONEST, 'of two versions');
    pending = pending.map((one) => ({ ...one, versions: 2 }));
    const content = new ContentIndex(birch.deps.state);
    await knownHere(recordId, 'of the version that was retired');
    await content.forget({ recordId, version: 1 });
    const { cid } = partDag(Buffer.from('of the version that stood'));
    await content.note({ recordId, version: 2, author: HONEST, cids: [cid] }, 1);
    expect(await erasures().confirmPending()).toBe(1);
    expect(listings).toBe(0);
  });

  test('costs one list of what lies here, however many of them are known in part', async () => {
    for (const name of ['a', 'b', 'c']) await knownHere(order(HOSTILE, name), name);
    birch.deps.state.exec('UPDATE named_version SET whole = 0');
    expect(await erasures().confirmPending()).toBe(3);
    expect(listings).toBe(1);
  });
});
