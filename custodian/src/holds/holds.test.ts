// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { COOLING_OFF_MS, signedRevocation, type SignedRevocation } from '@tutela/chaincode/domain';
import { nameRotation, rotationRequest, signed, withNewKey } from '@tutela/chaincode/testing';
import { Scene } from '../testing/scene.js';
import { TRAFFIC_INTERVAL_MS } from '../freshness/heart.js';
import { waitUntil } from '../freshness/wait-until.js';

const HOUR_MS = 3_600_000;

let scene: Scene;
afterEach(() => scene.end());

function hold(): SignedRevocation {
  return signedRevocation(scene.world.revocation(scene.patient, scene.consent), 'hold');
}

async function send(at: number, body: object): Promise<void> {
  await scene.consortium.network.request('POST', `${scene.consortium.at(at).url}/v1/holds`, { body });
}

/** What a custodian answers when it is asked for the hold on this consent of a patient. */
async function heldBy(at: number, handle: string): Promise<unknown> {
  const path = `/v1/holds/${handle}/${scene.consent.statement.consentId}`;
  return (await scene.consortium.network.request('GET', `${scene.consortium.at(at).url}${path}`, {})).body;
}

/** The ordering service drops every revocation. */
function censor(isCensored = true): void {
  for (const { peer } of scene.consortium.places)
    peer.refuse = (transaction) => isCensored && transaction === 'consent:Revoke';
}

function isHeldAt(at: number): boolean {
  const { handle, consentId } = scene.consent.statement;
  return scene.consortium.custodian(at).holds.isHeld(handle, consentId);
}

/** Waits for something that the next block or message brings about. */
function soon(condition: () => boolean): Promise<boolean> {
  const changes = (listener: () => void): (() => void) => {
    const timer = setInterval(listener, 5);
    return () => {
      clearInterval(timer);
    };
  };
  return waitUntil(condition, changes, 5_000);
}

describe('holds', () => {
  test('attack §15.16: a hold stops the release before its revocation commits, at every custodian', async () => {
    scene = await Scene.begin();
    censor();
    const { intentId } = await scene.declare();
    expect(await scene.codes(0, intentId)).toEqual(['permit', 'NO_CONSENT']);
    await send(0, hold());
    expect(await soon(() => [0, 1, 2].every(isHeldAt))).toBe(true);
    for (const at of [0, 1, 2]) expect(await scene.codes(at, intentId)).toEqual(['HELD', 'NO_CONSENT']);
  });

  test('attack §15.16: a hold survives a restart', async () => {
    scene = await Scene.begin();
    censor();
    const { intentId } = await scene.declare();
    await send(1, hold());
    await scene.consortium.stop(1);
    await scene.consortium.start(1);
    await scene.consortium.custodian(1).directory.refresh();
    scene.consortium.custodian(0).announcer.announce();
    expect(await scene.codes(1, intentId)).toEqual(['HELD', 'NO_CONSENT']);
  });

  test('attack 7 and §15.16: a forged hold, or one for another patient’s consent, has no effect', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    const stranger = await scene.world.patient(scene.world.hospital(0));
    const foreign = scene.world.revocation(stranger, scene.consent);
    const { statement } = hold();
    const forged = { statement, signature: scene.consent.signature };
    const moved = signedRevocation(
      { ...hold(), statement: { ...statement, handle: stranger.handle } },
      'hold',
    );
    for (const body of [foreign, forged, moved])
      await expect(send(0, body)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    expect(isHeldAt(0)).toBe(false);
    expect(await scene.codes(0, intentId)).toEqual(['permit', 'NO_CONSENT']);
  });

  test('attack 44: forged holds in one patient’s name cost the own peer one question, until the next block', async () => {
    scene = await Scene.begin();
    const { peer } = scene.consortium.at(0);
    const asked = jest.spyOn(peer, 'evaluate');
    const forge = () => send(0, { ...hold(), signature: scene.consent.signature });
    for (let count = 0; count < 20; count += 1)
      await expect(forge()).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    expect(asked.mock.calls.map(([name]) => name)).toEqual(['registry:GetPatient']);
    const held = hold();
    await scene.world.patient(scene.world.hospital(2));
    await expect(forge()).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    expect(asked).toHaveBeenCalledTimes(2);
    censor();
    await send(0, held);
    expect(isHeldAt(0)).toBe(true);
  });

  test('attack 36: a hold on a consent of another patient with the same id is not taken for this patient’s', async () => {
    scene = await Scene.begin();
    const { world } = scene;
    const { consentId, grantee } = scene.consent.statement;
    const other = await world.patient(world.hospital(2));
    const squatting = await world.grant(other, { grantee, consentId });
    censor();
    await send(0, world.revocation(other, squatting));
    expect(await heldBy(0, other.handle)).toMatchObject({ held: true });
    expect(await heldBy(0, scene.patient.handle)).toEqual({ held: false });
    const { intentId } = await scene.declare();
    expect(await scene.codes(0, intentId)).toEqual(['permit', 'NO_CONSENT']);
    await send(0, hold());
    expect(await soon(() => [0, 1, 2].every(isHeldAt))).toBe(true);
    expect(await heldBy(0, scene.patient.handle)).toMatchObject({ held: true });
    for (const at of [0, 1, 2]) expect(await scene.codes(at, intentId)).toEqual(['HELD', 'NO_CONSENT']);
  });

  test('attack 36: the revocation of another patient’s consent with the same id ends no hold', async () => {
    scene = await Scene.begin();
    const { world } = scene;
    const { consentId, grantee } = scene.consent.statement;
    const other = await world.patient(world.hospital(2));
    const colliding = await world.grant(other, { grantee, consentId });
    censor();
    await send(0, hold());
    await world.revoke(other, colliding);
    expect(await soon(() => [0, 1, 2].every(isHeldAt))).toBe(true);
    await world.patient(world.hospital(2));
    expect([0, 1, 2].every(isHeldAt)).toBe(true);
  });

  test('a hold of an unknown patient is refused in the same words as a forged one', async () => {
    scene = await Scene.begin();
    const unknown = { ...scene.patient, handle: `pt_${'u'.repeat(22)}` as typeof scene.patient.handle };
    const answers = await Promise.all(
      [scene.world.revocation(unknown, scene.consent), { ...hold(), signature: scene.consent.signature }].map(
        (body) =>
          send(0, body).then(
            () => 'held',
            (error: unknown) => (error instanceof Error ? error.message : 'other'),
          ),
      ),
    );
    expect(answers[0]).toBe(answers[1]);
    expect(answers[0]).not.toBe('held');
  });

  test('the revocation is submitted to the ledger; from then on the ledger’s state decides', async () => {
    scene = await Scene.begin();
    const { intentId } = await scene.declare();
    await send(2, hold());
    expect(await soon(() => ![0, 1, 2].some(isHeldAt))).toBe(true);
    const request = { handle: scene.patient.handle, consentId: scene.consent.statement.consentId };
    const { answer } = await scene.world.run(scene.world.hospital(0).custodian, 'consent:Get', request);
    expect(answer).toMatchObject({ revocation: { signature: expect.any(String) } });
    expect(await scene.codes(0, intentId)).toEqual(['NO_CONSENT', 'NO_CONSENT']);
    expect(await soon(() => scene.consortium.custodian(2).journal.length >= 2)).toBe(true);
    const kinds = (await scene.consortium.custodian(2).journal.read(1)).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['hold', 'hold-ended']));
  });

  test('attack 29 and §15.17: a revocation that is kept from the ledger for days brings no access back, and raises an alarm', async () => {
    const alarms: string[] = [];
    const log = {
      info: () => undefined,
      warn: () => undefined,
      error: (_: object, message: string) => alarms.push(message),
    };
    scene = await Scene.begin({ log });
    censor();
    await send(0, hold());
    expect(scene.consortium.custodian(0).holds.censored()).toEqual([]);
    scene.world.ledger.advance(25 * HOUR_MS);
    expect(scene.consortium.custodian(0).holds.censored()).toEqual([
      { handle: scene.patient.handle, consentId: scene.consent.statement.consentId },
    ]);
    expect(await soon(() => alarms.some((message) => message.includes('kept from the ledger')))).toBe(true);
    const { intentId } = await scene.declare();
    for (const at of [0, 1, 2]) expect(await scene.codes(at, intentId)).toEqual(['HELD', 'NO_CONSENT']);
    censor(false);
    expect(await soon(() => !isHeldAt(0))).toBe(true);
  });

  test('a consent hold does not stop an emergency', async () => {
    scene = await Scene.begin();
    censor();
    await send(0, hold());
    const { world, patient, author } = scene;
    const summary = await world.store(author, patient, [{ category: 'summary' }]);
    const emergencyId = await world.emergency(scene.doctor, patient);
    const { intentId } = await world.declare(scene.doctor, summary, {
      sessionKey: scene.reader.sessionKey,
      purpose: 'BTG',
      basis: { kind: 'emergency', emergencyId },
    });
    expect(await scene.tryRelease(0, intentId)).toBe(1);
  });

  test('a hold that two patients’ gateways send twice is one hold', async () => {
    scene = await Scene.begin();
    censor();
    const one = hold();
    await Promise.all([send(0, one), send(0, one), send(1, one)]);
    expect(await soon(() => [0, 1, 2].every(isHeldAt))).toBe(true);
    expect(await soon(() => scene.consortium.custodian(2).journal.length > 0)).toBe(true);
    const lines = await scene.consortium.custodian(2).journal.read(1);
    expect(lines.filter(({ kind }) => kind === 'hold')).toHaveLength(1);
  });

  test('attack 27 and 29: a revocation that hostile orderers show to one peer alone ends no hold there', async () => {
    scene = await Scene.begin();
    censor();
    await send(0, hold());
    expect(await soon(() => [0, 1, 2].every(isHeldAt))).toBe(true);
    const { channel } = scene.consortium;
    const { peer } = scene.consortium.at(0);
    const fork = channel.fork();
    peer.takeBlocks(fork, 'CedarMSP');
    await fork.world.run(fork.world.hospital(2).gateway, 'consent:Revoke', hold());
    const { chain, holds } = scene.consortium.custodian(0);
    expect(await soon(() => chain.head?.hash === fork.blocks.at(-1)?.hash)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isHeldAt(0)).toBe(true);
    scene.world.ledger.advance(25 * HOUR_MS);
    expect(holds.censored()).toEqual([]);
    await scene.consortium.stop(0);
    peer.takeBlocks(channel, 'AlderMSP');
    await scene.consortium.start(0);
    expect(isHeldAt(0)).toBe(true);
  });

  test('a hold ends when the key that signed it is replaced, and the consent that the new key signs is not held', async () => {
    const { renewed, intentId } = await outlived();
    const { world, consent } = scene;
    // While one custodian is away the end of the hold is not final; what the new key signed is not held all the same.
    expect(await soon(() => scene.consortium.custodian(0).holds.censored().length === 0)).toBe(true);
    expect(await scene.codes(0, intentId)).toEqual(['permit', 'NO_CONSENT']);
    expect(isHeldAt(0)).toBe(true);
    await scene.consortium.start(1);
    await scene.consortium.custodian(1).directory.refresh();
    world.ledger.advance(1);
    const announced = (): boolean => {
      for (const at of [0, 1, 2]) scene.consortium.custodian(at).announcer.announce();
      return ![0, 1, 2].some(isHeldAt);
    };
    expect(await soon(announced)).toBe(true);
    await send(0, world.revocation(renewed, consent));
    expect(await soon(() => [0, 1, 2].every(isHeldAt))).toBe(true);
  });

  test('attack 44: after a restart the consent that the new key signed is not held, though no hold’s turn has come', async () => {
    const { intentId } = await outlived();
    const { peer } = scene.consortium.at(0);
    await scene.consortium.stop(0);
    // More blocks than are read again at the start.
    const { channel } = scene.consortium;
    for (let block = 0; block < 70; block += 1) channel.authorities = [...channel.authorities];
    const submit = peer.submit.bind(peer);
    peer.submit = (transaction, request) =>
      transaction === 'consent:Revoke' ? new Promise(() => undefined) : submit(transaction, request);
    // The heartbeats of before are not read again: another one is asked for, and it is time for one.
    scene.world.ledger.advance(TRAFFIC_INTERVAL_MS);
    await scene.consortium.start(0);
    await scene.consortium.custodian(0).directory.refresh();
    scene.consortium.custodian(2).announcer.announce();
    expect(await scene.codes(0, intentId)).toEqual(['permit', 'NO_CONSENT']);
    expect(isHeldAt(0)).toBe(true);
  });
});

/** A hold whose key was replaced while a custodian is away, and a consent that the new key has signed since. */
async function outlived(): Promise<Readonly<{ renewed: ReturnType<typeof withNewKey>; intentId: string }>> {
  scene = await Scene.begin();
  const { world, patient, consent } = scene;
  censor();
  await send(0, hold());
  expect(await soon(() => [0, 1, 2].every(isHeldAt))).toBe(true);
  await scene.consortium.stop(1);
  const renewed = withNewKey(patient);
  const home = world.hospital(0);
  await world.run(home.registrar, 'registry:RequestKeyRotation', rotationRequest(world, renewed));
  const approval = [world.hospital(2).registrar, 'registry:ApproveKeyRotation'] as const;
  const { txId } = await world.run(...approval, nameRotation(world, patient));
  const isSeenBy = (mspId: string): boolean => `sighting/${txId}/${mspId}` in world.ledger.world();
  expect(await soon(() => ['AlderMSP', 'CedarMSP'].every(isSeenBy))).toBe(true);
  world.ledger.advance(COOLING_OFF_MS);
  await world.run(home.registrar, 'registry:CompleteKeyRotation', nameRotation(world, patient));
  const again = { version: 2, signedAt: world.ledger.now, nonce: world.names.nonce() };
  const anew = signed(renewed, { ...consent.statement, ...again });
  await world.run(home.gateway, 'consent:Replace', anew);
  const { intentId } = await scene.declare();
  return { renewed, intentId };
}
