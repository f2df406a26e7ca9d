// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { RecordId } from '@tutela/chaincode/domain';
import { systemClock } from '@tutela/ipfs-cluster';
import { MemoryVault } from '@tutela/ipfs-cluster/testing';
import { createSwarmStorage } from '../storage/swarm-storage.js';
import {
  orderErasure,
  reconcilerOf,
  setScene,
  storeNote,
  type Scene,
  type TestGateway,
} from '../testing/index.js';
import { swarmNodes } from '../testing/swarm-nodes.js';
import { ContentIndex } from './content-index.js';
import { isNamed } from './drop-unreferenced.js';
import { PartJournal } from './part-journal.js';

let scene: Scene;
let recordId: RecordId;

beforeEach(async () => {
  scene = await setScene();
  ({ recordId } = await storeNote(scene, 'to be erased'));
  for (const gateway of scene.consortium.gateways) await gateway.reconcile();
});

/** Runs a repair at a hospital, whose node takes so long for one kind of step that the hospital erases meanwhile. */
async function repairOvertaken(gateway: TestGateway, slow: 'hold' | 'pin'): Promise<void> {
  const [begun, erased] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  class SlowVault extends MemoryVault {
    override hold(...asked: Parameters<MemoryVault['hold']>): Promise<void> {
      return this.#afterErasure('hold', () => super.hold(...asked));
    }

    override pin(...asked: Parameters<MemoryVault['pin']>): Promise<void> {
      return this.#afterErasure('pin', () => super.pin(...asked));
    }

    async #afterErasure(kind: 'hold' | 'pin', keep: () => Promise<void>): Promise<void> {
      if (kind === slow) {
        begun.resolve(undefined);
        await erased.promise;
      }
      return keep();
    }
  }
  const { swarm } = scene.consortium;
  const storage = createSwarmStorage(
    new SlowVault(swarm, gateway.mspId),
    swarmNodes(swarm, gateway.mspId),
    () => Promise.resolve(2),
    { chance: Math.random, clock: systemClock },
  );
  const repair = reconcilerOf({ ...gateway.deps, storage }, gateway.services).round();
  await begun.promise;
  const { erasureId } = await orderErasure(scene, recordId);
  expect(await gateway.services.erasures.confirmPending()).toBe(1);
  erased.resolve(undefined);
  expect((await repair).failures).toEqual([]);
  for (const { services } of scene.consortium.gateways) await services.erasures.confirmPending();
  const { erasures } = scene.alder.services;
  expect(await erasures.get({ kind: 'gateway' }, erasureId)).toMatchObject({ complete: true });
}

function expectNothingLeft(gateway: TestGateway): void {
  const { parts, pinned, entered } = gateway.disk;
  expect([parts.size, pinned.size, entered.size]).toEqual([0, 0, 0]);
}

describe('a repair that an erasure overtakes', () => {
  test('attack 40: a fetch of repair that an erasure overtakes keeps nothing of what was confirmed as gone', async () => {
    const birch = scene.consortium.gateway(1);
    const { parts, pinned } = birch.disk;
    // Its node lost its disk.
    for (const lost of [parts, pinned]) lost.clear();
    await repairOvertaken(birch, 'hold');
    expectNothingLeft(birch);
  });

  test('attack 40: an entry of repair that an erasure overtakes brings nothing back', async () => {
    const birch = scene.consortium.gateway(1);
    birch.disk.entered.clear();
    await repairOvertaken(birch, 'pin');
    expectNothingLeft(birch);
  });
});

test('attack 40: while an erasure takes a part, no store that does not know of its registration names it', async () => {
  const { deps, services } = scene.alder;
  const journals = { parts: new PartJournal(deps.state), content: new ContentIndex(deps.state) };
  const [cid = ''] = scene.alder.disk.pinned;
  // As after a crash between the registration and the note of it.
  deps.state.exec('UPDATE part SET registered = 0');
  expect(isNamed(journals, cid)).toBe(true);
  const named: boolean[] = [];
  const remove = deps.storage.remove.bind(deps.storage);
  deps.storage.remove = (...asked) => {
    named.push(isNamed(journals, cid));
    return remove(...asked);
  };
  await orderErasure(scene, recordId);
  expect(await services.erasures.confirmPending()).toBe(1);
  expect(named).toEqual([false]);
});
