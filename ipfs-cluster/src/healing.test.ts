// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CID } from 'multiformats/cid';
import { openSwarmVault } from './swarm-vault.js';
import { ACCEPTED } from './testing/accepted.js';
import { block, blocks, FakeNodes, leaves, lost, naming } from './testing/fake-nodes.js';
import type { Vault } from './vault.js';

const STAT = '/api/v0/block/stat';
const REMOVAL = '/api/v0/block/rm';

describe('the healing of a part', () => {
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

  /** Has something happen before the node answers one of the looks at a block. */
  const atLook = (number: number, at: CID, happen: () => void): void => {
    let looks = 0;
    nodes.before = (path, cid) => {
      if (path === STAT && cid === at.toString() && (looks += 1) === number) happen();
      return Promise.resolve();
    };
  };

  it('attack 42: a block that was missing when it was looked for, and came just after, stays and is not lost', async () => {
    const late = lost('comes for a reader');
    const part = naming(...leaves(1), late);
    // After the look at each block.
    nodes.before = (path) => {
      if (path === '/api/v0/pin/ls') block(Buffer.from('comes for a reader'));
      return Promise.resolve();
    };
    expect(await vault.healPart(part.toString())).toEqual({ healthy: true, healed: 0, lost: 0 });
    expect(blocks.has(late.toString())).toBe(true);
    expect(nodes.asked).not.toContain(REMOVAL);
  });

  it('attack 42: a block that never came is missing, and not lost: no bad byte of it was seen', async () => {
    const part = naming(...leaves(1), lost('came never')).toString();
    expect(await vault.healPart(part)).toEqual({ healthy: true, healed: 0, lost: 0 });
    expect(nodes.waiting).toBe(0);
  });

  it.each([
    ['healed where the swarm has a good one', true, { healthy: true, healed: 1, lost: 0 }],
    ['lost where it has none', false, { healthy: false, healed: 0, lost: 1 }],
  ])(
    'a block that was read and found bad is %s',
    async (_, isElsewhere, report) => {
      const bad = block(Buffer.from('spoilt on the disk'));
      const part = naming(...leaves(1), bad, lost('beside a spoilt one')).toString();
      nodes.spoilt.add(bad.toString());
      if (!isElsewhere) blocks.delete(bad.toString());
      expect(await vault.healPart(part)).toEqual(report);
      expect(nodes.asked.filter((path) => path === REMOVAL)).toHaveLength(1);
    },
    30_000,
  );

  it('attack 42: a bad block that another reader had replaced meanwhile is not removed again', async () => {
    const bad = block(Buffer.from('replaced by another'));
    const part = naming(bad).toString();
    nodes.spoilt.add(bad.toString());
    // The first finds it bad, and the second too; the third is that of the removal in its turn.
    atLook(3, bad, () => nodes.spoilt.delete(bad.toString()));
    expect(await vault.healPart(part)).toEqual({ healthy: true, healed: 1, lost: 0 });
    expect(nodes.asked).not.toContain(REMOVAL);
  });

  it('attack 42: a part that is fetched beside a bad block takes no pin off for a block that is only on its way', async () => {
    const late = block(Buffer.from('pinned and late'));
    const live = naming(late).toString();
    await vault.hold(live, ACCEPTED);
    blocks.delete(late.toString());
    const bad = block(Buffer.from('bad beside it'));
    const part = naming(bad, late).toString();
    nodes.spoilt.add(bad.toString());
    // After looks for a pin, for a fetch and for what is bad: when that is about to go.
    atLook(4, bad, () => block(Buffer.from('pinned and late')));
    await vault.hold(part, ACCEPTED);
    expect(nodes.asked.filter((path) => path === REMOVAL)).toHaveLength(1);
    expect(nodes.pinned.get(live)).toBe('part');
    expect(nodes.pinned.get(part)).toBe('part');
  });

  it.each([
    ['goes with it', false, undefined],
    ['stays where the block was replaced before its turn', true, 'part'],
  ])(
    'attack 42: of a part that is fetched, the pin of another that reaches a bad block %s',
    async (_, isReplaced, pin) => {
      const bad = block(Buffer.from('pinned and spoilt'));
      const other = naming(bad).toString();
      await vault.hold(other, ACCEPTED);
      nodes.spoilt.add(bad.toString());
      // As above; then that of the removal in its turn.
      atLook(5, bad, () => isReplaced && nodes.spoilt.delete(bad.toString()));
      const part = naming(bad, ...leaves(1)).toString();
      await vault.hold(part, ACCEPTED);
      expect([nodes.pinned.get(other), nodes.pinned.get(part)]).toEqual([pin, 'part']);
    },
  );

  it('attack 42: of a pinned part that a check of all blocks left without one, only a block that was found bad is lost', async () => {
    const [gone, bad, healed] = ['gone', 'bad', 'healed'].map((name) => block(Buffer.from(`${name} of it`)));
    if (!gone || !bad || !healed) throw new Error('three blocks');
    const part = naming(gone, bad, healed).toString();
    await vault.hold(part, ACCEPTED);
    blocks.delete(gone.toString());
    expect(await vault.healPart(part)).toEqual({ healthy: false, healed: 0, lost: 0 });
    for (const one of [bad, healed]) nodes.spoilt.add(one.toString());
    blocks.delete(bad.toString());
    expect(await vault.healPart(part)).toEqual({ healthy: false, healed: 1, lost: 1 });
  });

  it('attack 40: a part is not gone while its first block is corrupt, which alone says which others are to go', async () => {
    const others = leaves(3);
    const part = naming(...others).toString();
    await vault.hold(part, ACCEPTED);
    await vault.close();
    vault = openSwarmVault({ ...nodes.settings(), pinIndexPath: ':memory:' });
    nodes.spoilt.add(part);
    const good = blocks.get(part) ?? Buffer.of();
    blocks.delete(part);
    for (let tries = 0; tries < 2; tries += 1)
      expect(await vault.removePart(part, [])).toMatchObject({ gone: false, blocksPresent: [part] });
    expect([nodes.pinned.has(part), nodes.entered.has(part)]).toEqual([false, false]);
    nodes.spoilt.delete(part);
    blocks.set(part, good);
    expect(await vault.removePart(part, [])).toMatchObject({ gone: true });
    expect(others.some((one) => blocks.has(one.toString()))).toBe(false);
  });

  it('attack 40: a part of which nothing can be read goes with the blocks that no pin reaches, and is gone then', async () => {
    const others = leaves(3);
    const part = naming(...others).toString();
    await vault.hold(part, ACCEPTED);
    await vault.close();
    vault = openSwarmVault({ ...nodes.settings(), pinIndexPath: ':memory:' });
    nodes.spoilt.add(part);
    blocks.delete(part);
    await vault.removePart(part, []);
    await vault.removeBlocks([part, ...others.map(String)]);
    expect(others.some((one) => blocks.has(one.toString()))).toBe(false);
    expect(await vault.removePart(part, [])).toMatchObject({ gone: true });
  });
});
