// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { DomainError, signedRevocation, type SignedRevocation } from '@tutela/chaincode/domain';
import { suspensionBy } from '@tutela/chaincode/testing';
import { waitUntil } from '../freshness/wait-until.js';
import type { InProcessPeer } from '../testing/in-process-channel.js';
import { Scene } from '../testing/scene.js';

const ALL = [0, 1, 2] as const;

let scene: Scene;
afterEach(() => scene.end());

function revocation(): SignedRevocation {
  return signedRevocation(scene.world.revocation(scene.patient, scene.consent), 'hold');
}

async function send(at: number, body: object): Promise<void> {
  await scene.consortium.network.request('POST', `${scene.consortium.at(at).url}/v1/holds`, { body });
}

/** The ordering service drops what would end a hold, or no longer does. */
function censor(isCensored = true): void {
  const dropped = ['consent:Revoke', 'registry:SuspendPractitioner'];
  for (const { peer } of scene.consortium.places)
    peer.refuse = (transaction) => isCensored && dropped.includes(transaction);
}

function isHeldAt(at: number): boolean {
  const { handle, consentId } = scene.consent.statement;
  return scene.consortium.custodian(at).holds.isHeld(handle, consentId);
}

function isIdentityHeldAt(at: number): boolean {
  const { mspId, id: practitionerId } = scene.doctor;
  return scene.consortium.custodian(at).holds.isIdentityHeld({ mspId, practitionerId });
}

function soon(condition: () => boolean): Promise<boolean> {
  const changes = (listener: () => void): (() => void) => {
    const timer = setInterval(listener, 5);
    return () => {
      clearInterval(timer);
    };
  };
  return waitUntil(condition, changes, 5_000);
}

/** All custodians show one another their heads until something is so. */
function untilAnnounced(condition: () => boolean): Promise<boolean> {
  return soon(() => {
    for (const at of ALL) scene.consortium.custodian(at).announcer.announce();
    return condition();
  });
}

/** Hostile orderers show one peer alone a chain on which a transaction was committed. */
async function deceive(at: number, transaction: string, request: object): Promise<InProcessPeer> {
  const fork = scene.consortium.channel.fork();
  const { peer } = scene.consortium.at(at);
  peer.takeBlocks(fork, 'CedarMSP');
  await fork.world.run(fork.world.hospital(2).gateway, transaction, request);
  const { chain } = scene.consortium.custodian(at);
  expect(await soon(() => chain.head?.hash === fork.blocks.at(-1)?.hash)).toBe(true);
  return peer;
}

/** The operator has the deceived peer fetch the ledger anew. */
async function undeceive(at: number, peer: InProcessPeer): Promise<void> {
  await scene.consortium.stop(at);
  peer.takeBlocks(scene.consortium.channel, peer.mspId);
  await comeBack(at);
}

/** The peer says that the ledger has the revocation, as one on another chain does; returns how to end that. */
function pretendRevoked(at: number): () => void {
  const { peer } = scene.consortium.at(at);
  const evaluate = peer.evaluate.bind(peer);
  const pretending = jest.spyOn(peer, 'evaluate').mockImplementation(async (name, request) => {
    const answer = (await evaluate(name, request)) as object;
    return name === 'consent:Get' ? { ...answer, revocation: { txId: 'elsewhere' } } : answer;
  });
  return () => {
    pretending.mockRestore();
  };
}

/** Brings a revocation to the ledger before any custodian has it as a hold. */
async function revokeAtOnce(hold: SignedRevocation): Promise<void> {
  await scene.world.run(scene.world.hospital(0).gateway, 'consent:Revoke', hold);
  const { chain } = scene.consortium.custodian(0);
  expect(await soon(() => chain.head?.hash === scene.consortium.channel.blocks.at(-1)?.hash)).toBe(true);
}

async function isRevoked(): Promise<boolean> {
  const { handle, consentId } = scene.consent.statement;
  const of = { handle, consentId };
  const { answer } = await scene.world.run(scene.world.hospital(0).custodian, 'consent:Get', of);
  return 'revocation' in (answer as object);
}

/** Whether the first custodian knows from all others that they have its newest block. */
function isAllFinal(): boolean {
  const { chain, freshness } = scene.consortium.custodian(0);
  const others = [1, 2].map((at): string => scene.consortium.at(at).hospital.mspId);
  return freshness.countAgreeing(others, chain.head?.number ?? 0) === others.length;
}

/** Custodians that were stopped are there again. */
async function comeBack(...places: readonly number[]): Promise<void> {
  for (const at of places) await scene.consortium.start(at);
  for (const at of ALL) await scene.consortium.custodian(at).directory.refresh();
  scene.world.ledger.advance(1);
}

const linesAt = async (at: number): Promise<number> =>
  (await scene.consortium.custodian(at).journal.read(1)).filter(({ kind }) => kind === 'hold').length;

const filesAt = (at: number): Promise<readonly string[]> =>
  readdir(join(scene.consortium.at(at).settings.stateDir, 'holds'));

describe('what the own peer alone says ends no duty', () => {
  test('attack 27 and 29: a hold that comes when hostile orderers have shown its revocation to this peer alone is kept, and holds when the peer has the consortium’s chain again', async () => {
    scene = await Scene.begin();
    censor();
    const hold = revocation();
    const peer = await deceive(0, 'consent:Revoke', hold);
    await send(0, hold);
    expect(isHeldAt(0)).toBe(true);
    // The others have it from this custodian, which does not bring it to the ledger that it sees.
    expect(await soon(() => ALL.every(isHeldAt))).toBe(true);
    await undeceive(0, peer);
    await sleep(100);
    expect(ALL.every(isHeldAt)).toBe(true);
    for (const at of [1, 2]) await scene.consortium.stop(at);
    censor(false);
    const { channel } = scene.consortium;
    const before = channel.blocks.length;
    expect(await soon(() => channel.blocks.length > before)).toBe(true);
    expect(await isRevoked()).toBe(true);
  });

  test('attack 27 and 29: so is one on an identity whose suspension this peer alone was shown', async () => {
    scene = await Scene.begin();
    censor();
    const { world, doctor } = scene;
    const administrator = await world.practitioner(world.hospital(1), 'administrator');
    const hold = suspensionBy(world, doctor, [administrator]);
    const peer = await deceive(0, 'registry:SuspendPractitioner', hold);
    await send(0, hold);
    expect(isIdentityHeldAt(0)).toBe(true);
    await undeceive(0, peer);
    await sleep(100);
    expect(ALL.map(isIdentityHeldAt)).toEqual([true, true, true]);
  });

  test('attack 27 and 29: no hold ends because the height is final at which it was over on a chain that the peer no longer has', async () => {
    scene = await Scene.begin();
    censor();
    for (const at of [1, 2]) await scene.consortium.stop(at);
    // A block that no other custodian has shown.
    await scene.world.patient(scene.world.hospital(2));
    const restore = pretendRevoked(0);
    await send(0, revocation());
    restore();
    expect(isHeldAt(0)).toBe(true);
    await comeBack(1, 2);
    censor(false);
    expect(await untilAnnounced(() => !ALL.some(isHeldAt))).toBe(true);
    expect(await isRevoked()).toBe(true);
  });

  test('a hold about which the own peer does not answer when its turn has come to end has another turn', async () => {
    scene = await Scene.begin();
    await scene.consortium.stop(2);
    await revokeAtOnce(revocation());
    await send(0, revocation());
    const { peer } = scene.consortium.at(0);
    const evaluate = peer.evaluate.bind(peer);
    const asked = jest.spyOn(peer, 'evaluate').mockImplementation((name, request) => {
      if (name !== 'consent:Get') return evaluate(name, request);
      return Promise.reject(new DomainError('LEDGER_UNAVAILABLE', 'the peer does not answer'));
    });
    await comeBack(2);
    expect(await untilAnnounced(() => asked.mock.calls.some(([name]) => name === 'consent:Get'))).toBe(true);
    expect(isHeldAt(0)).toBe(true);
    asked.mockRestore();
    expect(await untilAnnounced(() => !isHeldAt(0))).toBe(true);
  });

  test('attack 44: a hold whose revocation is final is kept nowhere, however often it comes', async () => {
    scene = await Scene.begin();
    const hold = revocation();
    await revokeAtOnce(hold);
    expect(await untilAnnounced(isAllFinal)).toBe(true);
    // Others do not have the newest block.
    for (const at of [1, 2]) await scene.consortium.stop(at);
    await scene.world.patient(scene.world.hospital(2));
    for (let count = 0; count < 5; count += 1) await send(0, hold);
    expect(isHeldAt(0)).toBe(false);
    expect([await linesAt(0), await filesAt(0)]).toEqual([0, []]);
  });

  test('attack 44: revocations of one consent that is revoked and not final, each signed later or sent again, take one place and few lines', async () => {
    scene = await Scene.begin();
    await scene.consortium.stop(2);
    await revokeAtOnce(revocation());
    const posted = jest.spyOn(scene.consortium.at(0).ports.client, 'post');
    const sent: SignedRevocation[] = [];
    for (let count = 0; count < 40; count += 1) {
      scene.world.ledger.advance(1);
      sent.push(revocation());
      await send(0, sent.at(-1) ?? {});
    }
    expect(isHeldAt(0)).toBe(true);
    const [lines, files] = [await linesAt(0), await filesAt(0)];
    expect(lines).toBeLessThan(8);
    expect(files).toHaveLength(1);
    expect(posted.mock.calls.filter(([, path]) => path === '/v1/holds').length).toBeLessThan(4);
    for (const one of sent) await send(0, one);
    expect([await linesAt(0), await filesAt(0)]).toEqual([lines, files]);
    await comeBack(2);
    expect(await untilAnnounced(() => !ALL.some(isHeldAt))).toBe(true);
  });
});
