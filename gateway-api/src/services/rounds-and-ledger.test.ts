// SPDX-License-Identifier: Apache-2.0
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
