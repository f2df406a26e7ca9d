// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleepFor } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openSwarmVault } from './swarm-vault.js';
import { ACCEPTED } from './testing/accepted.js';
import { block, blocks, FakeNodes, inline, leaves, lost, naming } from './testing/fake-nodes.js';
import { waitUntil } from './testing/wait-until.js';
import type { Vault } from './vault.js';

const STAT = '/api/v0/block/stat';

describe('a vault that is to keep a part', () => {
  let nodes: FakeNodes;
  let vault: Vault;

  beforeEach(async () => {
    nodes = await FakeNodes.start();
    vault = openSwarmVault(nodes.settings());
  });

  afterEach(async () => {
    await vault.close();
    await nodes.close();
  });

  it('attack 40: asks at each try of an entry whether that is still accepted', async () => {
    const cid = block(Buffer.from('entered late')).toString();
    nodes.refusedEntries = 2;
    const entering = vault.pin(cid, { accepts: () => nodes.refusedEntries > 0 });
    await expect(entering).rejects.toMatchObject({ code: 'PART_REFUSED' });
    expect([nodes.refusedEntries, nodes.entered.size]).toEqual([0, 0]);
    await vault.pin(cid, ACCEPTED);
    expect([...nodes.entered.keys()]).toEqual([cid]);
  });

  it('attack 40: lets a removal wait for an entry under way, and takes that entry away too', async () => {
    const cid = block(Buffer.from('entered first')).toString();
    const [asked, goOn] = [[] as string[], Promise.withResolvers<undefined>()];
    nodes.before = async (path) => {
      if (path.startsWith('/api')) return;
      asked.push(path.split(' ')[0] ?? '');
      if (path.startsWith('POST')) await goOn.promise;
    };
    const entering = vault.pin(cid, ACCEPTED);
    await waitUntil(() => asked.length > 0);
    const removal = vault.removePart(cid, []);
    // What the removal does next is to take off the entry.
    await waitUntil(() => nodes.asked.includes('/api/v0/pin/ls'));
    await sleepFor(300);
    expect(asked).toEqual(['POST']);
    goOn.resolve(undefined);
    await entering;
    await expect(removal).resolves.toMatchObject({ gone: true });
    expect(asked).toEqual(['POST', 'DELETE', 'GET']);
    expect(nodes.entered.size).toBe(0);
  });

  it('attack 40: leaves no block of a part that is not accepted any more once it was fetched', async () => {
    const late = lost('fetched late');
    const leavesOfPart = leaves(2);
    const part = naming(...leavesOfPart, late);
    let isAccepted = true;
    let looks = 0;
    nodes.before = (path) => {
      // After each block was looked for here, and again before it is fetched, the missing one comes.
      if (path === STAT && (looks += 1) > 8 && isAccepted) {
        isAccepted = false;
        block(Buffer.from('fetched late'));
      }
      return Promise.resolve();
    };
    const holding = vault.hold(part.toString(), { accepts: () => isAccepted });
    await expect(holding).rejects.toMatchObject({ code: 'PART_REFUSED' });
    expect([part, late, ...leavesOfPart].filter((cid) => blocks.has(cid.toString()))).toEqual([]);
    expect([...nodes.pinned.values()]).not.toContain('part');
  });

  it('attack 40: leaves no block of a part that did not come whole while it was still accepted', async () => {
    const part = naming(...leaves(2), lost('comes never'));
    let isAccepted = true;
    const holding = vault.hold(part.toString(), { deadlineMs: 300, accepts: () => isAccepted });
    await waitUntil(() => nodes.waiting > 0);
    isAccepted = false;
    await expect(holding).rejects.toMatchObject({ code: 'PART_NOT_FOUND' });
    expect(blocks.has(part.toString())).toBe(false);
  });

  it('attack 40: enters nothing anew that has no entry any more', async () => {
    const [gone, kept] = [block(Buffer.from('gone')).toString(), block(Buffer.from('kept')).toString()];
    for (const cid of [gone, kept]) nodes.entered.set(cid, 'recursive');
    nodes.before = (path) => {
      if (path.startsWith('GET /allocations/')) nodes.entered.delete(gone);
      return Promise.resolve();
    };
    await vault.listPins();
    expect(Object.fromEntries(nodes.entered)).toEqual({ [kept]: 'direct' });
  });

  it('makes an entry for which the cluster peer takes longer than one try has', async () => {
    const cid = block(Buffer.from('entered slowly')).toString();
    let entries = 0;
    nodes.before = async (path) => {
      if (path.startsWith('POST') && (entries += 1) === 1) await sleepFor(6_000);
    };
    await vault.pin(cid, ACCEPTED);
    expect([...nodes.entered.keys()]).toEqual([cid]);
  }, 30_000);

  it('attack 40: a part is not gone while an entry that nothing waits for any more can still be made', async () => {
    const [cid, other] = [block(Buffer.from('entered after')).toString(), inline('another').toString()];
    const goOn = Promise.withResolvers<undefined>();
    nodes.before = async (path) => {
      if (path.startsWith('POST')) await goOn.promise;
    };
    const entering = vault.pin(cid, { ...ACCEPTED, deadlineMs: 200 });
    await expect(entering).rejects.toMatchObject({ code: 'VAULT_TIMEOUT' });
    const hasty = vault.removePart(cid, [], { deadlineMs: 300 });
    await expect(hasty).rejects.toMatchObject({ code: 'VAULT_TIMEOUT' });
    const removal = vault.removePart(cid, []);
    await expect(vault.removePart(other, [])).resolves.toMatchObject({ gone: true });
    goOn.resolve(undefined);
    await expect(removal).resolves.toMatchObject({ gone: true });
    await sleepFor(100);
    expect(nodes.entered.size).toBe(0);
  });

  it('attack 40: a part that the pinset names after its removal is not gone', async () => {
    const cid = block(Buffer.from('entered again')).toString();
    nodes.before = (path) => {
      if (path.startsWith('GET /allocations/')) nodes.entered.set(cid, 'direct');
      return Promise.resolve();
    };
    await expect(vault.removePart(cid, [])).resolves.toMatchObject({ gone: false });
    nodes.before = () => Promise.resolve();
    await expect(vault.removePart(cid, [])).resolves.toMatchObject({ gone: true });
  });

  it('says why a part was not kept, also where what was fetched of it cannot be removed', async () => {
    const part = naming(...leaves(2), lost('comes never either'));
    let isAccepted = true;
    const holding = vault.hold(part.toString(), { deadlineMs: 2_000, accepts: () => isAccepted });
    const ended = expect(holding).rejects.toMatchObject({ code: 'PART_NOT_FOUND' });
    await waitUntil(() => nodes.waiting > 0);
    isAccepted = false;
    nodes.refusal = 'shutting down';
    await ended;
  });

  it('lists all entries, and loses none, while the cluster peer replaces those of a former version slowly', async () => {
    const cids = ['one', 'two', 'three'].map((name) => block(Buffer.from(`former ${name}`)).toString());
    for (const cid of cids) nodes.entered.set(cid, 'recursive');
    nodes.refusedEntries = cids.length;
    nodes.before = async (path) => {
      if (!path.startsWith('/api') && path !== 'GET /allocations') await sleepFor(1_100);
    };
    await expect(vault.listPins()).resolves.toEqual(cids);
    await waitUntil(() => [...nodes.entered.values()].filter((mode) => mode === 'direct').length === 3);
  }, 30_000);
});
