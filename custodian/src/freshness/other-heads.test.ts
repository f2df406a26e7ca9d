// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from '@jest/globals';
import { msOf, type Instant } from '@tutela/chaincode/domain';
import { blockHash } from '../ledger/block-hash.js';
import { Chain } from '../ledger/chain.js';
import type { BlockHeader } from '../ledger/ledger.js';
import { Scene } from '../testing/scene.js';
import { HEAD_PREFIX } from './head.js';
import { OtherHeads } from './other-heads.js';

let scene: Scene;
afterEach(() => scene.end());

describe('a hospital whose peer was given another chain', () => {
  test('attack 42: a hospital counts again once its peer has the chain of the others, however long the other chain was', async () => {
    scene = await Scene.begin();
    const chain = new Chain();
    for (const block of scene.consortium.channel.blocks) chain.append(block);
    const heads = new OtherHeads({ chain, clock: () => msOf(scene.world.ledger.now as Instant) });
    const { identity } = scene.consortium.at(2).ports;
    const sender = scene.consortium.custodian(0).directory.find('CedarMSP');
    const say = ({ number: height, previousHash, dataHash }: BlockHeader): void => {
      scene.world.ledger.advance(1);
      const hashes = { previousHash, dataHash, journalHead: 'A'.repeat(43) };
      const own = { height, blockHash: blockHash({ number: height, previousHash, dataHash }), ...hashes };
      const head = { v: 1, mspId: 'CedarMSP', ...own, at: scene.world.ledger.now } as const;
      heads.accept({ head, signature: identity.sign(HEAD_PREFIX, head) }, sender);
    };
    const newest = chain.head;
    if (newest === undefined) throw new Error('no block');
    const height = newest.number;
    say({ number: height + 10_000, previousHash: 'B'.repeat(43), dataHash: 'C'.repeat(43) });
    expect(heads.countAgreeing(['CedarMSP'], { height })).toBe(0);
    say(newest);
    expect(heads.countAgreeing(['CedarMSP'], { height })).toBe(1);
  });
});
