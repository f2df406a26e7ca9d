// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from '@jest/globals';
import { blockHash } from '../ledger/block-hash.js';
import type { BlockHeader } from '../ledger/ledger.js';
import type { InProcessChannel } from '../testing/in-process-channel.js';
import { Scene } from '../testing/scene.js';
import type { TestOrderer } from '../testing/test-orderer.js';
import { HEAD_PREFIX, type SignedHead } from './head.js';

const ALL = [0, 1, 2];
const HOSTILE = 2;

let scene: Scene;
afterEach(() => scene.end());

function ordererOf(mspId: string): TestOrderer {
  const orderer = scene.consortium.channel.orderers.get(mspId);
  if (orderer === undefined) throw new Error('that hospital has no orderer');
  return orderer;
}

/** The hostile custodian tells another one that a block is the newest of its chain. */
async function tell(at: number, block: BlockHeader, orderer: TestOrderer): Promise<void> {
  scene.world.ledger.advance(1);
  const { number: height, previousHash, dataHash } = block;
  const said = { height, blockHash: blockHash(block), previousHash, dataHash, journalHead: 'A'.repeat(43) };
  const head = { v: 1, mspId: 'CedarMSP', ...said, at: scene.world.ledger.now } as const;
  const { identity } = scene.consortium.at(HOSTILE).ports;
  const signature = identity.sign(HEAD_PREFIX, head);
  const { freshness, directory } = scene.consortium.custodian(at);
  const signed: SignedHead = { head, signature, orderer: orderer.sign(block) };
  await freshness.accept(signed, directory.find('CedarMSP'));
}

/** The newest block, and one of its height that is in no chain. */
function newest(): Readonly<{ own: BlockHeader; foreign: BlockHeader }> {
  const block = scene.consortium.channel.blocks.at(-1);
  if (block === undefined) throw new Error('no block');
  const { number, previousHash, dataHash } = block;
  return {
    own: { number, previousHash, dataHash },
    foreign: { number, previousHash, dataHash: 'A'.repeat(43) },
  };
}

/** Everything that the hostile hospital says to one custodian about a fork that its orderer serves it. */
async function confirm(at: number, fork: InProcessChannel): Promise<void> {
  const block = fork.blocks.at(-1);
  if (block !== undefined) await tell(at, block, ordererOf('CedarMSP'));
}

async function announceAll(): Promise<void> {
  scene.world.ledger.advance(1);
  for (const at of ALL) scene.consortium.custodian(at).announcer.announce();
  await new Promise((resolve) => setTimeout(resolve, 50));
}

describe('an orderer that signs two chains', () => {
  test.each([
    ['its own custodian reports', 'CedarMSP'],
    ['another hospital’s custodian reports', 'BirchMSP'],
  ])(
    'attack 42 and 44: an orderer that signs two chains counts no more and stops no release, where %s it',
    async (_which, orderer) => {
      scene = await Scene.begin();
      const custodian = scene.consortium.custodian(0);
      await scene.declare();
      await announceAll();
      const { own, foreign } = newest();
      await tell(0, foreign, ordererOf(orderer));
      await tell(0, own, ordererOf(orderer));
      const { intentId } = await scene.declare();
      for (const at of ALL) expect(await scene.tryRelease(at, intentId)).toBe(1);
      expect(custodian.alarm.evidence).toBeUndefined();
      expect(custodian.equivocations.all()).toMatchObject({
        [orderer]: { own: { signer: { mspId: orderer } }, other: { ...foreign, signer: { mspId: orderer } } },
      });
      expect(custodian.health()).toMatchObject({ equivocatingOrderers: [orderer] });
      expect(custodian.metrics()).toContain('tutela_custodian_equivocating_orderers 1');
      await scene.consortium.stop(0);
      const again = await scene.consortium.start(0);
      expect(again.equivocations.has(orderer)).toBe(true);
      await again.freshness.clearFork();
      expect(again.equivocations.all()).toEqual({});
    },
  );

  test('attack 29: the own hospital’s orderer that signed another block of a height stops the own releases alone', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    await announceAll();
    const { foreign } = newest();
    for (const at of [0, 1]) await tell(at, foreign, ordererOf('AlderMSP'));
    expect(await scene.tryRelease(0, intentId)).toBe('PEER_FORKED');
    expect(await scene.tryRelease(1, intentId)).toBe(1);
    await scene.consortium.custodian(0).freshness.clearFork();
    scene.world.ledger.advance(1);
    await announceAll();
    await tell(0, newest().own, ordererOf('CedarMSP'));
    expect(await scene.tryRelease(0, intentId)).toBe(1);
  });
});

describe('a fork that t−1 hostile hospitals serve to one peer, and confirm', () => {
  test('attack 27 and 42: a custodian on a fork that t−1 hospitals confirm releases nothing', async () => {
    scene = await Scene.begin();
    const fork = scene.consortium.channel.fork();
    scene.consortium.at(0).peer.takeBlocks(fork, 'CedarMSP');
    const { world } = fork;
    const beat = { height: 1, blockHash: 'A'.repeat(43), journalHead: 'A'.repeat(43) };
    await world.run(world.hospital(HOSTILE).custodian, 'custody:Heartbeat', beat);
    const request = { sessionKey: scene.reader.sessionKey };
    const { intentId } = await world.declare(scene.doctor, scene.record, request);
    await confirm(0, fork);
    expect(await scene.tryRelease(0, intentId)).toBe('PEER_STALE');
    const lines = await scene.consortium.custodian(0).journal.read(1);
    expect(lines.filter(({ decision }) => decision === 'permit')).toEqual([]);
  });

  test('attack 42: what the own orderer’s fork made a custodian release is read as that, and not as its own lie', async () => {
    scene = await Scene.begin();
    const fork = scene.consortium.channel.fork();
    scene.consortium.at(0).peer.takeBlocks(fork, 'AlderMSP');
    const { world } = fork;
    const beat = { height: 1, blockHash: 'A'.repeat(43), journalHead: 'A'.repeat(43) };
    await world.run(world.hospital(HOSTILE).custodian, 'custody:Heartbeat', beat);
    const request = { sessionKey: scene.reader.sessionKey };
    const { intentId } = await world.declare(scene.doctor, scene.record, request);
    await confirm(0, fork);
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    // The others' chains reach the height of that block, and the custodian tells them of it again.
    await scene.declare();
    await scene.declare();
    await announceAll();
    expect(await scene.consortium.custodian(1).reconcile()).toMatchObject({
      ...{ withoutIntent: [], onFork: [{ mspId: 'AlderMSP', intentId, orderer: 'AlderMSP' }], clean: false },
    });
  });

  test('a hospital without an orderer releases what is final', async () => {
    scene = await Scene.begin();
    const orderers = new Map(
      [...scene.consortium.channel.orderers].filter(([mspId]) => mspId !== 'AlderMSP'),
    );
    await scene.end();
    scene = await Scene.begin({ orderers });
    const { intentId } = await scene.declare();
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    await scene.consortium.stop(2);
    const later = await scene.declare();
    expect(await scene.tryRelease(0, later.intentId)).toBe('PEER_STALE');
    expect(await scene.tryRelease(1, later.intentId)).toBe(1);
  });
});
