// SPDX-License-Identifier: Apache-2.0
import * as dagPb from '@ipld/dag-pb';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CID } from 'multiformats/cid';
import { systemClock } from './clock.js';
import { openSwarmVault } from './swarm-vault.js';
import { ACCEPTED } from './testing/accepted.js';
import { block, blocks, cutShort, FakeNodes, inline, leaves, lost, naming } from './testing/fake-nodes.js';
import { waitUntil } from './testing/wait-until.js';
import type { Vault } from './vault.js';

const HERE = block(Buffer.from('here')).toString();
const NOWHERE = lost('nowhere').toString();

describe('a vault that holds a part', () => {
  let nodes: FakeNodes;
  let vault: Vault;
  let chance: number;

  beforeEach(async () => {
    nodes = await FakeNodes.start();
    chance = 0;
    vault = openSwarmVault({ ...nodes.settings(), chance: () => chance });
  });

  afterEach(async () => {
    await vault.close();
    await nodes.close();
  });

  it('pins it, and lists what it holds', async () => {
    const whole = naming(...leaves(17)).toString();
    for (const cid of [HERE, whole]) {
      await expect(vault.holds(cid)).resolves.toBe(false);
      await vault.hold(cid, ACCEPTED);
      await expect(vault.holds(cid)).resolves.toBe(true);
    }
  });

  it('attack 40: pins each block for itself, and holds no part of which the cluster peer pinned the first block alone', async () => {
    const others = leaves(3).map(String);
    const part = naming(...leaves(3)).toString();
    nodes.pinned.set(part, '');
    await expect(vault.holds(part)).resolves.toBe(false);
    await expect(vault.listHeld()).resolves.toEqual([]);
    await vault.hold(part, ACCEPTED);
    await vault.hold(others[0] ?? '', ACCEPTED);
    await vault.hold(part, ACCEPTED);
    expect(Object.fromEntries(nodes.pinned)).toEqual({
      ...Object.fromEntries(others.map((other) => [other, ''])),
      [others[0] ?? '']: 'part',
      [part]: 'part',
    });
    await expect(vault.listHeld()).resolves.toEqual([part, others[0]]);
  });

  it('attack 40: pins that are made at the same time take no name from one another', async () => {
    const small = block(Buffer.from('small'));
    const parts = Array.from({ length: 6 }, (_, index) =>
      naming(small, block(Buffer.from(`with ${String(index)}`))),
    );
    nodes.namelessMs = 50;
    const holding = parts.map((part) => vault.hold(part.toString(), ACCEPTED));
    await waitUntil(() => nodes.asked.includes('/api/v0/pin/add'));
    await Promise.all([...holding, vault.hold(small.toString(), ACCEPTED)]);
    for (const cid of [...parts, small]) expect(nodes.pinned.get(cid.toString())).toBe('part');
  });

  it('attack 44: keeps nothing of what every node has, and what an earlier version kept of it is gone at once', async () => {
    const everywhere = block(Buffer.from([0x0a, 0x02, 0x08, 0x01]), dagPb.code).toString();
    for (const kept of [vault.hold(everywhere, ACCEPTED), vault.pin(everywhere, ACCEPTED)])
      await expect(kept).rejects.toMatchObject({ code: 'BAD_CID' });
    nodes.pinned.set(everywhere, 'part');
    nodes.entered.set(everywhere, 'direct');
    await expect(vault.blocksOf(everywhere, 0)).resolves.toEqual([everywhere]);
    await expect(vault.removePart(everywhere, [])).resolves.toMatchObject({ gone: true, removed: [] });
    expect(nodes.entered.size).toBe(0);
    await expect(vault.listHeld()).resolves.toEqual([]);
  });

  it('attack 40: a part that is removed is released, and not gone, while another pin keeps a leaf of it', async () => {
    const others = leaves(4).map(String);
    const [shared = ''] = others;
    const part = naming(...leaves(4)).toString();
    for (const cid of [part, shared]) await vault.hold(cid, ACCEPTED);
    const removal = { gone: false, released: true, blocksPresent: [shared] };
    await expect(vault.removePart(part, others)).resolves.toMatchObject(removal);
    await expect(vault.removePart(part, others, { spares: () => false })).resolves.toMatchObject({
      ...{ gone: true, released: true, blocksPresent: [] },
    });
  });

  it('attack 40: tells all blocks of a part or none, and keeps nothing of what another hospital sends for it', async () => {
    const others = leaves(3);
    const part = naming(...others).toString();
    const all = [part, ...others.map(String)];
    await expect(vault.blocksOf(part, 0)).resolves.toEqual(all);
    const first = blocks.get(part) ?? new Uint8Array();
    blocks.delete(part);
    await expect(vault.blocksOf(part, 0)).resolves.toBeNull();
    await expect(vault.blocksOf(part, 200)).resolves.toBeNull();
    expect(nodes.waiting).toBe(0);
    await expect(vault.blocksOf(NOWHERE, 0)).resolves.toEqual([NOWHERE]);
    nodes.asked.length = 0;
    nodes.before = (path) => {
      // It is looked for here first.
      if (path === '/api/v0/block/get' && nodes.blocksAsked.length > 1) blocks.set(part, first);
      return Promise.resolve();
    };
    nodes.blocksAsked.length = 0;
    await expect(vault.blocksOf(part, 2_000)).resolves.toEqual(all);
    expect(blocks.has(part)).toBe(false);
    expect(others.every((leaf) => blocks.has(leaf.toString()))).toBe(true);
  });

  it('attack 44: a vault looks for nothing below a first block that no part has', async () => {
    const wide = naming(...leaves(18)).toString();
    await expect(vault.blocksHere(wide)).resolves.toEqual([wide]);
    nodes.asked.length = 0;
    await expect(vault.removePart(wide, [])).resolves.toMatchObject({ gone: true, removed: [wide] });
    expect(nodes.asked.filter((path) => path === '/api/v0/block/stat').length).toBeLessThan(6);
  });

  it('attack 40: only the node’s answer that a pin or a block is not there counts as that; any other refusal is an error', async () => {
    const part = naming(...leaves(2)).toString();
    await vault.hold(part, ACCEPTED);
    nodes.refusal = 'too many open files';
    for (const answer of [vault.holds(part), vault.removePart(part, []), vault.healPart(part)])
      await expect(answer).rejects.toMatchObject({ code: 'VAULT_REFUSED' });
    nodes.refusal = '';
    await expect(vault.holds(part)).resolves.toBe(true);
  });

  it('fetches nothing when it is asked what it holds', async () => {
    await expect(vault.holds(NOWHERE)).resolves.toBe(false);
    expect(new Set(nodes.asked)).toEqual(new Set(['/api/v0/pin/ls']));
  });

  it('gives a part up at the deadline, or when the caller leaves, and its node does too', async () => {
    await expect(vault.hold(NOWHERE, { ...ACCEPTED, deadlineMs: 100 })).rejects.toMatchObject({
      code: 'PART_NOT_FOUND',
    });
    const leaving = new AbortController();
    const kept = vault.hold(NOWHERE, { ...ACCEPTED, signal: leaving.signal });
    await waitUntil(() => nodes.waiting === 1);
    leaving.abort();
    await expect(kept).rejects.toMatchObject({ code: 'ABORTED' });
    await waitUntil(() => nodes.waiting === 0);
  });

  it('attack 40: parts that exist nowhere, however many, keep no other part waiting', async () => {
    const leaving = new AbortController();
    const hopeless = Array.from({ length: 100 }, (_, index) =>
      vault.hold(lost(`nowhere ${String(index)}`).toString(), { ...ACCEPTED, signal: leaving.signal }),
    );
    await waitUntil(() => nodes.waiting === 100);
    await vault.hold(HERE, ACCEPTED);
    leaving.abort();
    expect((await Promise.allSettled(hopeless)).every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('attack 40: a part that comes a block at a time has no pin wait in the node', async () => {
    const part = naming(...leaves(3), lost('withheld')).toString();
    await expect(vault.hold(part, { ...ACCEPTED, deadlineMs: 200 })).rejects.toMatchObject({
      code: 'PART_NOT_FOUND',
    });
    expect(nodes.asked).not.toContain('/api/v0/pin/add');
  });

  it.each([
    ['more blocks than a part has', () => naming(...leaves(18))],
    ['blocks that name further ones', () => naming(naming(...leaves(2)))],
    ['a block that lies in its own identifier', () => naming(...leaves(2), inline('a few bytes'))],
    ['a block with a digest that is cut short', () => naming(...leaves(2), cutShort('leaf 2'))],
    ['what names nothing in a form that can be read', () => block(Buffer.from('no dag-pb'), dagPb.code)],
  ])('attack 40: a vault fetches nothing of %s', async (_, first) => {
    await expect(vault.hold(first().toString(), ACCEPTED)).rejects.toMatchObject({ code: 'BAD_CID' });
    expect(nodes.asked).toEqual(['/api/v0/block/stat', '/api/v0/block/get']);
  });

  it('asks its node for identifiers of this vault alone', async () => {
    const foreign = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn';
    await expect(vault.hold(foreign, ACCEPTED)).rejects.toMatchObject({ code: 'BAD_CID' });
    await expect(vault.holds(foreign)).rejects.toMatchObject({ code: 'BAD_CID' });
    expect(nodes.asked).toEqual([]);
  });

  it('attack 40: a vault does not say that it holds a part that has lost its first block, or another one', async () => {
    const parts = leaves(4);
    const whole = naming(...parts);
    await vault.hold(whole.toString(), ACCEPTED);
    chance = 0.6;
    const take = (cid: CID | undefined) => {
      const name = cid?.toString() ?? '';
      const bytes = blocks.get(name) ?? Buffer.of();
      blocks.delete(name);
      return () => blocks.set(name, bytes);
    };
    const putBackLeaf = take(parts[2]);
    await expect(vault.holds(whole.toString())).resolves.toBe(false);
    chance = 0;
    await expect(vault.holds(whole.toString())).resolves.toBe(true);
    putBackLeaf();
    const putBackFirst = take(whole);
    await expect(vault.holds(whole.toString())).resolves.toBe(false);
    putBackFirst();
    await expect(vault.holds(whole.toString())).resolves.toBe(true);
  });

  it('fetches and pins nothing of a part that is not accepted for one of its blocks', async () => {
    const parts = leaves(3);
    const whole = naming(...parts).toString();
    const accepts = (asked: readonly string[]): boolean => !asked.includes(parts[1]?.toString() ?? '');
    await expect(vault.hold(whole, { accepts })).rejects.toMatchObject({ code: 'PART_REFUSED' });
    await expect(vault.hold(HERE, { accepts })).resolves.toBeUndefined();
    expect(nodes.asked.filter((path) => path === '/api/v0/pin/add')).toHaveLength(1);
  });

  it('attack 44: an upload that hangs in the node keeps no removal waiting for long', async () => {
    const hurried = openSwarmVault({
      ...nodes.settings(),
      // A hundred times as fast.
      clock: { ...systemClock, timeout: (ms) => systemClock.timeout(Math.ceil(ms / 100)) },
    });
    try {
      const upload = hurried.addPart(Buffer.from('hangs'), { deadlineMs: 36_000_000 });
      await waitUntil(() => nodes.asked.includes('/api/v0/dag/import'));
      const loose = block(Buffer.from('loose')).toString();
      const removal = hurried.removeBlocks([loose]);
      await expect(upload).rejects.toMatchObject({ code: 'VAULT_TIMEOUT' });
      await expect(removal).resolves.toEqual([loose]);
    } finally {
      await hurried.close();
    }
  });

  const goneAfter = async (vaultNow: Vault, part: CID, spared: CID): Promise<boolean> =>
    (await vaultNow.removePart(part.toString(), [], { spares: (pin) => pin === spared.toString() })).gone;

  it('attack 40: a part of which another pin keeps a block is not gone, at no try and over no restart', async () => {
    const [kept, other] = [block(Buffer.from('kept')), block(Buffer.from('other'))];
    const part = naming(kept, other);
    await vault.hold(part.toString(), ACCEPTED);
    await vault.hold(kept.toString(), ACCEPTED);
    for (let round = 0; round < 2; round += 1) expect(await goneAfter(vault, part, kept)).toBe(false);
    await vault.close();
    vault = openSwarmVault(nodes.settings());
    expect(await goneAfter(vault, part, kept)).toBe(false);
    expect(await goneAfter(vault, part, part)).toBe(true);
    expect([part, kept, other].some((cid) => blocks.has(cid.toString()))).toBe(false);
  });

  it('attack 40: a part that has lost its first block is gone with all others', async () => {
    const others = [block(Buffer.from('third')), block(Buffer.from('fourth'))];
    const part = naming(...others);
    await vault.hold(part.toString(), ACCEPTED);
    blocks.delete(part.toString());
    expect(await vault.blocksHere(part.toString())).toHaveLength(3);
    expect(await goneAfter(vault, part, part)).toBe(true);
    expect(others.some((cid) => blocks.has(cid.toString()))).toBe(false);
  });

  it('attack 44: removals, however many pins were to be read for them, keep no copy waiting', async () => {
    const many = Array.from({ length: 50 }, (_, index) =>
      naming(block(Buffer.from(`cheap ${String(index)}`))),
    );
    const going = block(Buffer.from('going')).toString();
    for (const cid of many) nodes.pinned.set(cid.toString(), 'part');
    nodes.isSlow = true;
    const removal = vault.removeBlocks([going]);
    const refused = expect(removal).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
    await waitUntil(() => nodes.walks > 0);
    await vault.hold(HERE, ACCEPTED);
    expect(blocks.has(going)).toBe(true);
    nodes.hangUp();
    await refused;
    nodes.isSlow = false;
    await expect(vault.removeBlocks([going])).resolves.toEqual([going]);
    nodes.walks = 0;
    const again = block(Buffer.from('again')).toString();
    await vault.close();
    vault = openSwarmVault(nodes.settings());
    await expect(vault.removeBlocks([again])).resolves.toEqual([again]);
    expect(nodes.walks).toBe(0);
  });

  it('says that its node does not answer while it is away', async () => {
    await nodes.away();
    await expect(vault.hold(HERE, ACCEPTED)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
    await expect(vault.holds(HERE)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
    await nodes.listen();
    await vault.hold(HERE, ACCEPTED);
  });
});
