// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleepFor } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError, type RecordId } from '@tutela/chaincode/domain';
import { Checkpoint } from '../projection/checkpoint.js';
import { orderErasure, reconcilerOf, type Scene, setScene, storeNote } from '../testing/index.js';
import { ContentIndex } from './content-index.js';
import type { StoredRecord } from './store-record.js';

let scene: Scene;
let consortium: Scene['consortium'];
let alder: Scene['alder'];

beforeEach(async () => {
  scene = await setScene();
  ({ consortium, alder } = scene);
});

function store(content: string): Promise<StoredRecord> {
  return storeNote(scene, content);
}

describe('a round that goes on while the ledger does', () => {
  const waiting = (): Readonly<{
    reached: Promise<undefined>;
    release: () => void;
    hold: () => Promise<undefined>;
  }> => {
    const [reached, released] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    return {
      reached: reached.promise,
      release: () => {
        released.resolve(undefined);
      },
      hold: () => {
        reached.resolve(undefined);
        return released.promise;
      },
    };
  };

  test('a round of repair brings no part back that was erased after it began', async () => {
    const { recordId } = await store('to be erased');
    for (const gateway of consortium.gateways) await gateway.reconcile();
    const birch = consortium.gateway(1);
    const [cid = ''] = consortium.swarm.entered();
    birch.disk.pinned.delete(cid);
    const { reached, release, hold } = waiting();
    const { storage } = birch.deps;
    const reconcile = storage.reconcile.bind(storage);
    storage.reconcile = async (...asked) => {
      await hold();
      return reconcile(...asked);
    };
    const round = birch.reconcile();
    await reached;
    await orderErasure(scene, recordId);
    expect(await birch.services.erasures.confirmPending()).toBe(1);
    release();
    await round;
    expect(consortium.swarm.holdersOf(cid)).not.toContain(birch.mspId);
  });

  test('a round takes no part off that was registered after it began', async () => {
    const birch = consortium.gateway(1);
    alder.deps.ledger.faults.push({ name: 'record:Register', when: 'before', error: new Error('not yet') });
    await expect(store('content')).rejects.toThrow('not yet');
    const [cid = ''] = consortium.swarm.entered();
    await birch.reconcile();
    consortium.world.ledger.advance(73 * 3_600_000);
    const { reached, release, hold } = waiting();
    const { storage } = birch.deps;
    const holdings = storage.holdings.bind(storage);
    storage.holdings = async (...asked) => {
      const found = await holdings(...asked);
      await hold();
      return found;
    };
    const round = birch.reconcile();
    await reached;
    const recordId = 'registered-meanwhile' as RecordId;
    await new ContentIndex(birch.deps.state).note(
      { recordId, version: 1, author: alder.mspId, cids: [cid] },
      1,
    );
    release();
    expect(await round).toMatchObject({ unreferencedDropped: 0 });
    expect(consortium.swarm.holdersOf(cid)).toContain(birch.mspId);
  });
});

describe('rounds of repair beside others that take their time', () => {
  const untilAborted = (signal?: AbortSignal): Promise<undefined> => {
    const aborted = Promise.withResolvers<undefined>();
    const abort = (): void => {
      aborted.resolve(undefined);
    };
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort);
    return aborted.promise;
  };

  test.each(['reconcile', 'askOthers'] as const)(
    'attack 40: hospitals that take their time for their answers, or for what belongs here, hold up no clean-up: %s',
    async (slow) => {
      const birch = consortium.gateway(1);
      alder.deps.ledger.faults.push({ name: 'record:Register', when: 'before', error: new Error('not yet') });
      await expect(store('content')).rejects.toThrow('not yet');
      const [cid = ''] = consortium.swarm.entered();
      const isHere = (): boolean => consortium.swarm.holdersOf(cid).includes(birch.mspId);
      await until(isHere);
      await birch.reconcile();
      consortium.world.ledger.advance(73 * 3_600_000);
      const { storage } = birch.deps;
      let held = 0;
      const deps = {
        ...birch.deps,
        storage: {
          ...storage,
          reconcile: async (...asked: Parameters<typeof storage.reconcile>) => {
            if (slow === 'reconcile') await untilAborted(asked[1]);
            const report = await storage.reconcile(...asked);
            held += 1;
            return report;
          },
          askOthers: async (...asked: Parameters<typeof storage.askOthers>) => {
            if (slow === 'askOthers') await untilAborted(asked[1]);
            return storage.askOthers(...asked);
          },
        },
      };
      const reconciler = reconcilerOf(deps, birch.services);
      const stop = new AbortController();
      const running = reconciler.run(stop.signal);
      await until(() => !isHere());
      await until(() => reconciler.report().rounds === (slow === 'askOthers' ? 1 : 0));
      expect(held).toBe(slow === 'askOthers' ? 1 : 0);
      stop.abort();
      await running;
    },
  );

  test('the other hospitals are asked at once about what a round found, and its report says what they did', async () => {
    await store('content');
    for (const gateway of consortium.gateways.slice(1)) consortium.swarm.diskOf(gateway.mspId).pinned.clear();
    const reconciler = reconcilerOf(alder.deps, alder.services);
    const stop = new AbortController();
    const running = reconciler.run(stop.signal);
    await until(() => reconciler.report().storage?.steps === 2);
    expect(reconciler.report()).toMatchObject({ failures: [], storage: { wished: 1, failures: [] } });
    expect(consortium.swarm.holdersOf([...consortium.swarm.entered()][0] ?? '')).toHaveLength(3);
    stop.abort();
    await running;
  });
});

async function until(holds: () => boolean): Promise<void> {
  const late = AbortSignal.timeout(10_000);
  while (!holds()) await sleepFor(5, undefined, { signal: late });
}

describe('the reading of events', () => {
  test('goes on after a restart from before a record of which it has not noted what that names', async () => {
    const birch = consortium.gateway(1);
    const { ledger, state } = birch.deps;
    const ask = ledger.askOwnPeer.bind(ledger) as (name: string, request: object) => Promise<object>;
    const [reached, released] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const askOwnPeer = async (name: string, request: object): Promise<object> => {
      if ('recordId' in request) {
        reached.resolve(undefined);
        await released.promise;
      }
      return ask(name, request);
    };
    Object.assign(ledger, { askOwnPeer });
    const stop = new AbortController();
    const running = reconcilerOf(birch.deps, birch.services).run(stop.signal);
    const checkpoint = new Checkpoint(state, 'erasures');
    const { recordId } = await store('content');
    await reached.promise;
    const before = checkpoint.read();
    stop.abort();
    released.resolve(undefined);
    await running;
    expect(before).toBeUndefined();
    expect(checkpoint.read()).toBeDefined();
    expect(new ContentIndex(state).wholeVersions(recordId)).toEqual([1]);
  });
});

describe('an erasure whose removal fails after blocks went', () => {
  test('an erasure whose removal failed after some blocks went is confirmed at the next try with the number of all that went', async () => {
    const { recordId } = await store('to be erased');
    const { storage } = alder.deps;
    const remove = storage.remove.bind(storage);
    storage.remove = async (...asked) => {
      await remove(...asked);
      storage.remove = remove;
      throw new DomainError('STORAGE_UNAVAILABLE', 'the node answers no more');
    };
    const { erasures } = alder.services;
    const { erasureId } = await orderErasure(scene, recordId);
    expect(await erasures.confirmPending()).toBe(0);
    expect(alder.disk.parts.size).toBe(0);
    expect(await erasures.confirmPending()).toBe(1);
    const { confirmations } = await erasures.get({ kind: 'gateway' }, erasureId);
    expect(confirmations[alder.mspId]?.blocksRemoved).toBe(1);
  });
});
