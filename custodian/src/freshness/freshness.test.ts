// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from '@jest/globals';
import { PERIOD_MS, type Instant } from '@tutela/chaincode/domain';
import { blockHash } from '../ledger/block-hash.js';
import type { Block } from '../ledger/ledger.js';
import { Scene } from '../testing/scene.js';
import { testOrderer, type TestOrderer } from '../testing/test-orderer.js';
import { waitUntil } from './wait-until.js';

const SECOND_MS = 1_000;

let scene: Scene;
afterEach(() => scene.end());

function announceAll(): void {
  for (const { url } of scene.consortium.places)
    scene.consortium
      .custodian(scene.consortium.places.find((place) => place.url === url) ?? 0)
      .announcer.announce();
}

/** The others' heads reach the first custodian. */
function reportsCame(): Promise<boolean> {
  const { freshness } = scene.consortium.custodian(0);
  const changes = (listener: () => void): (() => void) => {
    const timer = setInterval(listener, 5);
    return () => {
      clearInterval(timer);
    };
  };
  return waitUntil(() => freshness.livePeers().length === 2, changes, 5_000);
}

/** The same block with one transaction left out: another hash, and a chain of its own. */
function without(block: Block, number: number): Block {
  if (block.number !== number) return block;
  const header = { number, previousHash: block.previousHash, dataHash: 'A'.repeat(43) };
  return { ...header, hash: blockHash(header), transactions: [] };
}

async function heartbeats(): Promise<number> {
  const { answer } = await scene.world.run(scene.world.hospital(0).custodian, 'custody:ListHeartbeats', {});
  return (answer as { heartbeats: readonly unknown[] }).heartbeats.length;
}

describe('freshness', () => {
  test('attack 27 and §15.17: a custodian whose peer gets no blocks refuses', async () => {
    scene = await Scene.begin();
    const before = await scene.declare();
    expect(await scene.tryRelease(0, before.intentId)).toBe(1);
    scene.consortium.at(0).peer.freeze();
    scene.world.ledger.advance(61 * SECOND_MS);
    const { intentId } = await scene.declare();
    expect(await scene.tryRelease(1, intentId)).toBe(1);
    expect(await scene.tryRelease(0, intentId)).toBe('PEER_STALE');
    scene.consortium.at(0).peer.thaw();
    expect(await scene.tryRelease(0, intentId)).toBe(1);
  });

  test('a lone custodian, whom no other confirms, refuses', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    await scene.consortium.stop(1);
    await scene.consortium.stop(2);
    scene.world.ledger.advance(61 * SECOND_MS);
    expect(await scene.tryRelease(0, intentId)).toBe('PEER_STALE');
  });

  test('after a quiet time the others are asked for a heartbeat, and a quiet time writes none', async () => {
    scene = await Scene.begin();
    scene.world.ledger.advance(600 * SECOND_MS);
    const blocks = scene.consortium.channel.blocks.length;
    announceAll();
    expect(scene.consortium.channel.blocks.length).toBe(blocks);
    const { intentId } = await scene.declare();
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    expect(await heartbeats()).toBeGreaterThan(0);
  });

  test('a quiet time is distinguished from a stall: idle until a heartbeat that was asked for does not come', async () => {
    scene = await Scene.begin({ settings: { patienceMs: 1_000 } });
    const state = async () => {
      const custodian = scene.consortium.custodian(0);
      const { peer } = (await custodian.status()) as { peer: string };
      return [peer, /^tutela_custodian_peer_fresh \d$/m.exec(custodian.metrics())?.[0].at(-1)];
    };
    const { intentId } = await scene.declare();
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    expect(await state()).toEqual(['FRESH', '1']);
    scene.world.ledger.advance(PERIOD_MS);
    expect(await state()).toEqual(['PEER_STALE', '0']);
    announceAll();
    await reportsCame();
    expect(await state()).toEqual(['IDLE', '1']);
    for (const { peer } of scene.consortium.places) peer.refuse = (name) => name === 'custody:Heartbeat';
    const late = await scene.declare();
    expect(await scene.tryRelease(0, late.intentId)).toBe('PEER_STALE');
    expect(await state()).toEqual(['PEER_STALE', '0']);
    for (const { peer } of scene.consortium.places) peer.refuse = () => false;
    scene.world.ledger.advance(30 * SECOND_MS);
    const woken = await scene.declare();
    expect(await scene.tryRelease(0, woken.intentId)).toBe(1);
    expect(await state()).toEqual(['FRESH', '1']);
    scene.world.ledger.advance(PERIOD_MS);
    announceAll();
    await reportsCame();
    expect(await state()).toEqual(['IDLE', '1']);
    // An idle ledger has a heartbeat in each period: two without one are a stall.
    scene.world.ledger.advance(PERIOD_MS);
    announceAll();
    await reportsCame();
    expect(await state()).toEqual(['PEER_STALE', '0']);
  });

  test('attack 27 and §15.18: a custodian whose peer is on a fork, as t others show, stops, with evidence, across a restart', async () => {
    scene = await Scene.begin();
    const orderer = ordererOf('AlderMSP');
    const fork = scene.consortium.channel.blocks.length;
    scene.consortium.at(0).peer.show = (block) => {
      const other = without(block, fork);
      return other === block ? block : { ...other, ordererSignature: orderer.sign(other) };
    };
    const { intentId } = await scene.declare();
    expect(await scene.tryRelease(0, intentId)).toBe('PEER_FORKED');
    const { evidence } = scene.consortium.custodian(0).alarm;
    expect(evidence).toMatchObject({
      own: { number: fork, signer: { mspId: 'AlderMSP' } },
      other: { number: fork },
    });
    expect(evidence?.own.hash).not.toBe(evidence?.other.hash);
    await scene.consortium.stop(0);
    scene.consortium.at(0).peer.show = (block) => block;
    await scene.consortium.start(0);
    expect(await scene.tryRelease(0, intentId)).toBe('PEER_FORKED');
  });

  test('attack §15.18: a false head without an orderer behind it stops nobody', async () => {
    const impostor = await testOrderer('CedarMSP');
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    const { announcer } = scene.consortium.custodian(2);
    const current = announcer.current();
    if (current === undefined) throw new Error('no head');
    const { identity, freshness, directory } = {
      identity: scene.consortium.at(2).ports.identity,
      freshness: scene.consortium.custodian(0).freshness,
      directory: scene.consortium.custodian(0).directory,
    };
    scene.world.ledger.advance(1);
    const header = {
      number: current.head.height,
      previousHash: current.head.previousHash,
      dataHash: 'A'.repeat(43),
    };
    const at = scene.world.ledger.now;
    const head = { ...current.head, dataHash: header.dataHash, blockHash: blockHash(header), at };
    const lie = { head, signature: identity.sign('Tutela-v1-head', head), orderer: impostor.sign(header) };
    await freshness.accept(lie, directory.find('CedarMSP'));
    expect(scene.consortium.custodian(0).alarm.evidence).toBeUndefined();
    expect(await scene.tryRelease(0, intentId)).toBe(1);
  });

  test('attack 5: a signature of somebody else than an orderer proves no fork', async () => {
    const orderer = await testOrderer('CedarMSP', 'client');
    const names = ['AlderMSP', 'BirchMSP', 'CedarMSP'];
    scene = await Scene.begin({ orderers: new Map(names.map((mspId) => [mspId, orderer])) });
    const fork = scene.consortium.channel.blocks.length;
    scene.consortium.at(0).peer.show = (block) => {
      const other = without(block, fork);
      return other === block ? block : { ...other, ordererSignature: orderer.sign(other) };
    };
    const { intentId } = await scene.declare();
    expect(await scene.tryRelease(0, intentId)).not.toBe(1);
    expect(scene.consortium.custodian(0).alarm.evidence).toBeUndefined();
  });

  test('attack 5: hospital B’s certificate does not speak as hospital C, even with C’s own words', async () => {
    scene = await Scene.begin();
    const { consortium } = scene;
    announceAll();
    const words = consortium.custodian(2).announcer.current();
    const [url, [, b, c]] = [`${consortium.at(0).url}/v1/heads`, consortium.places];
    if (words === undefined || b === undefined || c === undefined) throw new Error('nothing was said');
    const say = (as: string) => consortium.network.request('POST', url, { body: words, as });
    await expect(say(b.hospital.mspId)).rejects.toMatchObject({ code: 'CALLER_NOT_ENTITLED' });
    expect((await say(c.hospital.mspId)).status).toBe(202);
  });

  test('a head that is forged, altered, of another time or sent again is not taken', async () => {
    scene = await Scene.begin();
    const { freshness, directory } = scene.consortium.custodian(0);
    const current = scene.consortium.custodian(1).announcer.current();
    if (current === undefined) throw new Error('no head');
    const sender = directory.find('BirchMSP');
    const accept = (head: typeof current): Promise<void> => freshness.accept(head, sender);
    await expect(accept({ ...current, head: { ...current.head, height: 9_999 } })).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
    await expect(freshness.accept(current, directory.find('CedarMSP'))).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
    const { identity } = scene.consortium.at(1).ports;
    const old = { ...current.head, at: scene.world.at(-301 * SECOND_MS) };
    await expect(
      accept({ head: old, signature: identity.sign('Tutela-v1-head', old) }),
    ).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    const unhashed = { ...current.head, dataHash: 'A'.repeat(43) };
    await expect(
      accept({ head: unhashed, signature: identity.sign('Tutela-v1-head', unhashed) }),
    ).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
  });

  test('attack §15.19: a custodian whose clock is behind keeps no window open', async () => {
    const clock = (mspId: string, world: Scene['world']): number =>
      world.ledger.nowMs - (mspId === 'AlderMSP' ? 240 * SECOND_MS : 0);
    scene = await Scene.begin({ clock });
    const { world, patient, author, doctor } = scene;
    const short = await world.store(author, patient, [{ category: 'notes' }]);
    await world.grant(patient, {
      grantee: { kind: 'hospital', mspId: doctor.mspId },
      categories: ['notes'],
      validFrom: world.at(-3_600 * SECOND_MS) as never,
      validUntil: world.at(60 * SECOND_MS) as never,
    });
    const { intentId } = await world.declare(doctor, short, { sessionKey: scene.reader.sessionKey });
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    world.ledger.advance(90 * SECOND_MS);
    announceAll();
    expect(await scene.tryRelease(0, intentId)).toBe(0);
  });

  test.each([
    ['three hospitals, one', ['Alder', 'Birch', 'Cedar'], ['CedarMSP']],
    ['five hospitals, two', ['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm'], ['DogwoodMSP', 'ElmMSP']],
  ])(
    'attack 35: of %s with heartbeats of 2099: releases go on, and a true heartbeat replaces a false one',
    async (_which, hospitals, liars) => {
      scene = await Scene.begin({ hospitals });
      const { consortium, world } = scene;
      let year = '2099-01-01T00:00:00.000Z';
      consortium.at(0).peer.show = (block) => redated(block, liars, year);
      const { intentId } = await scene.declare();
      for (const { custodian } of world.hospitals) await world.run(custodian, 'custody:Heartbeat', sign());
      expect(await scene.tryRelease(0, intentId)).toBe(1);
      const { freshness } = consortium.custodian(0);
      expect(freshness.othersTime()).toBe(world.ledger.now);
      year = world.ledger.now;
      world.ledger.advance(SECOND_MS);
      for (const { custodian } of world.hospitals) await world.run(custodian, 'custody:Heartbeat', sign());
      await scene.declare();
      expect(await scene.tryRelease(0, intentId)).toBe(1);
    },
  );

  test('on an idle ledger one custodian writes a heartbeat in each period, and the others spare theirs', async () => {
    scene = await Scene.begin();
    const { consortium, world } = scene;
    await settleHearts();
    const idle = consortium.channel.blocks.length;
    const began = world.ledger.world()['period'];
    await beatAsDue();
    expect(consortium.channel.blocks.length).toBe(idle);
    world.ledger.advance(PERIOD_MS);
    await beatAsDue();
    expect(consortium.channel.blocks.length).toBe(idle + 1);
    expect(world.ledger.world()['period']).not.toEqual(began);
  });
});

function ordererOf(mspId: string): TestOrderer {
  const orderer = scene.consortium.channel.orderers.get(mspId);
  if (orderer === undefined) throw new Error('that hospital has no orderer');
  return orderer;
}

function sign(): object {
  const hash = 'A'.repeat(43);
  return { height: 1, blockHash: hash, journalHead: hash };
}

/** The same block, with another time in the heartbeats of the given hospitals. */
function redated(block: Block, of: readonly string[], at: string): Block {
  const transactions = block.transactions.map((one) =>
    one.entry?.act === 'heartbeat' && of.includes(one.entry.actor.mspId)
      ? { ...one, entry: { ...one.entry, at: at as Instant } }
      : one,
  );
  return { ...block, transactions };
}

async function settleHearts(): Promise<void> {
  for (const [position] of scene.consortium.places.entries())
    await scene.consortium.custodian(position).heart.settled();
}

/** Lets every custodian look in turn whether the period is over. */
async function beatAsDue(): Promise<void> {
  for (const [position] of scene.consortium.places.entries()) {
    const { heart } = scene.consortium.custodian(position);
    heart.keepPeriod();
    await heart.settled();
    await new Promise(setImmediate);
  }
}
