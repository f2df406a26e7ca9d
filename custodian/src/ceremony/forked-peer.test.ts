// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '../freshness/wait-until.js';
import { HEAD_PREFIX } from '../freshness/head.js';
import type { InProcessChannel } from '../testing/in-process-channel.js';
import { InProcessConsortium } from '../testing/in-process-consortium.js';
import { startCeremony } from './start-ceremony.js';

const ALL = [0, 1, 2];
const REGISTERED = ['AlderMSP', 'BirchMSP', 'CedarMSP'];
const VICTIM = 0;
const HONEST = 1;
const HOSTILE = 2;

let consortium: InProcessConsortium;
afterEach(() => consortium.close());

function soon(condition: () => boolean): Promise<boolean> {
  const changes = (listener: () => void): (() => void) => {
    const timer = setInterval(listener, 5);
    return () => {
      clearInterval(timer);
    };
  };
  return waitUntil(condition, changes, 60_000);
}

/** The epochs of which a custodian has a share on its disk. */
function epochs(at: number): readonly number[] {
  const { shares } = consortium.custodian(at);
  return shares
    .names()
    .map(({ epoch }) => epoch)
    .sort((a, b) => a - b);
}

/** How many files with secrets of ceremonies a custodian has. */
async function secrets(at: number): Promise<number> {
  return (await readdir(join(consortium.at(at).settings.stateDir, 'ceremonies'))).length;
}

async function everyoneHasLooked(places: readonly number[] = ALL): Promise<void> {
  for (const at of places) {
    const { ceremonies, announcer } = consortium.custodian(at);
    announcer.announce();
    ceremonies.look();
    await ceremonies.settled();
  }
}

/** A refresh that all have confirmed and whose end the orderers keep back. */
async function refreshWithoutEnd(): Promise<string> {
  consortium = await InProcessConsortium.found();
  for (const { peer } of consortium.places) peer.refuse = (name) => name === 'custody:Activate';
  const active = await consortium.custodian(VICTIM).custody.refresh();
  const wish = { kind: 'refresh' } as const;
  const ceremonyId = await startCeremony(consortium.at(VICTIM).peer, wish, {
    ...{ active, registered: REGISTERED, livePeers: [] },
  });
  expect(await soon(() => ALL.every((at) => epochs(at).length === 2))).toBe(true);
  await everyoneHasLooked();
  const { confirmations } = await consortium.custodian(HONEST).ceremonies.find(ceremonyId);
  expect(Object.keys(confirmations)).toHaveLength(3);
  return ceremonyId;
}

function run(channel: InProcessChannel, transaction: string, request: object): Promise<unknown> {
  const { world } = channel;
  return world.run(world.hospital(HOSTILE).custodian, transaction, request);
}

/** The hostile custodian confirms the fork to the victim, with a head of its own. */
async function confirmToVictim(fork: InProcessChannel): Promise<void> {
  const newest = fork.blocks.at(-1);
  const orderer = fork.orderers.get('CedarMSP');
  if (newest === undefined || orderer === undefined) throw new Error('there is no fork');
  const { number: height, hash: blockHash, previousHash, dataHash } = newest;
  const said = { height, blockHash, previousHash, dataHash, journalHead: 'A'.repeat(43) };
  const head = { v: 1, mspId: 'CedarMSP', ...said, at: consortium.world.ledger.now } as const;
  const { identity } = consortium.at(HOSTILE).ports;
  const signed = { head, signature: identity.sign(HEAD_PREFIX, head), orderer: orderer.sign(newest) };
  const { freshness, directory } = consortium.custodian(VICTIM);
  await freshness.accept(signed, directory.find('CedarMSP'));
}

/** The operator gives the victim's peer the chain of the others again. */
async function mendVictim(): Promise<void> {
  await consortium.stop(VICTIM);
  consortium.at(VICTIM).peer.takeBlocks(consortium.channel, 'AlderMSP');
  await consortium.start(VICTIM);
  await consortium.custodian(VICTIM).directory.refresh();
  await consortium.custodian(VICTIM).freshness.clearFork();
  consortium.world.ledger.advance(1);
  await everyoneHasLooked();
}

describe('attack 27 and 43: the end of a ceremony that hostile orderers show to one peer alone', () => {
  test.each([
    ['an activation', 'custody:Activate', 'custody:Abort', 1],
    ['an abort', 'custody:Abort', 'custody:Activate', 2],
  ])('%s erases no share, and all is erased once it is final', async (_name, shown, true_, epoch) => {
    const ceremonyId = await refreshWithoutEnd();
    const fork = consortium.channel.fork();
    consortium.at(VICTIM).peer.takeBlocks(fork, 'CedarMSP');
    await run(fork, shown, { ceremonyId });
    await run(consortium.channel, true_, { ceremonyId });
    consortium.world.ledger.advance(1);
    await confirmToVictim(fork);
    await everyoneHasLooked();
    await everyoneHasLooked([VICTIM, HONEST]);
    for (const at of [VICTIM, HONEST]) {
      expect(epochs(at)).toEqual([1, 2]);
      expect(await secrets(at)).toBeGreaterThan(0);
    }
    await mendVictim();
    const honest = [VICTIM, HONEST];
    expect(await soon(() => honest.every((at) => epochs(at).join() === String(epoch)))).toBe(true);
    await everyoneHasLooked(honest);
    for (const at of honest) expect(await secrets(at)).toBe(0);
    for (const at of honest) expect((await consortium.custodian(at).custody.refresh())?.epoch).toBe(epoch);
  });
});

describe('what a ceremony leaves behind', () => {
  test('attack 43: a member that shows no head delays its erasure, and it is erased at last', async () => {
    const ceremonyId = await refreshWithoutEnd();
    await consortium.stop(HOSTILE);
    await run(consortium.channel, 'custody:Activate', { ceremonyId });
    await everyoneHasLooked([VICTIM, HONEST]);
    consortium.world.ledger.advance(1);
    await everyoneHasLooked([VICTIM, HONEST]);
    for (const at of [VICTIM, HONEST]) {
      expect(epochs(at)).toEqual([1, 2]);
      expect(consortium.custodian(at).custody.active?.epoch).toBe(2);
    }
    await consortium.start(HOSTILE);
    await consortium.custodian(HOSTILE).directory.refresh();
    consortium.world.ledger.advance(1);
    await everyoneHasLooked();
    expect(await soon(() => ALL.every((at) => epochs(at).join() === '2'))).toBe(true);
  });

  test('attack 43: an end that is not final is read once, however long a member shows no head', async () => {
    const ceremonyId = await refreshWithoutEnd();
    await consortium.stop(HOSTILE);
    await run(consortium.channel, 'custody:Activate', { ceremonyId });
    await everyoneHasLooked([VICTIM, HONEST]);
    const read: string[] = [];
    const { peer } = consortium.at(VICTIM);
    const evaluate = peer.evaluate.bind(peer);
    peer.evaluate = (transaction, request) => {
      read.push(transaction);
      return evaluate(transaction, request);
    };
    for (let look = 0; look < 5; look += 1) await everyoneHasLooked([VICTIM]);
    expect(read).toContain('custody:GetOpenCeremony');
    expect(read).not.toContain('custody:GetCeremony');
    expect(await secrets(VICTIM)).toBeGreaterThan(0);
  });

  test('attack 43: of five members, one that shows no head delays no erasure', async () => {
    const five = ['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm'];
    consortium = await InProcessConsortium.found({ hospitals: five });
    for (const { peer } of consortium.places) peer.refuse = (name) => name === 'custody:Activate';
    const active = await consortium.custodian(VICTIM).custody.refresh();
    const registered = five.map((name) => `${name}MSP`);
    const wish = { kind: 'refresh' } as const;
    const ceremonyId = await startCeremony(consortium.at(VICTIM).peer, wish, {
      ...{ active, registered, livePeers: [] },
    });
    const places = five.map((_, at) => at);
    expect(await soon(() => places.every((at) => epochs(at).length === 2))).toBe(true);
    await everyoneHasLooked(places);
    await consortium.stop(4);
    await run(consortium.channel, 'custody:Activate', { ceremonyId });
    await everyoneHasLooked([0, 1, 2, 3]);
    expect(await soon(() => [0, 1, 2, 3].every((at) => epochs(at).join() === '2'))).toBe(true);
  });
});
