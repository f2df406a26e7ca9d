// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import { CLOCK_SKEW_MS } from '../domain/consent.js';
import { COOLING_OFF_MS, type KeyRotationView } from '../domain/key-rotation.js';
import type { PendingActPage } from '../domain/sighting.js';
import { nameRotation, rotationRequest, vetoOf, withNewKey } from '../testing/key-rotation.js';
import type { TestPatient } from '../testing/patient.js';
import { CommitFailure, commit, endorse } from '../testing/runner.js';
import { seeAct } from '../testing/sighting.js';
import { TestWorld } from '../testing/world.js';

const FIVE = ['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm'];
const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });

let world: TestWorld;
let patient: TestPatient;
let renewed: TestPatient;

async function begin(hospitals: readonly string[]): Promise<void> {
  world = await TestWorld.found(hospitals);
  patient = await world.patient(world.hospital(0));
  renewed = withNewKey(patient);
}
const at = (position: number) => world.hospital(position);
const named = () => nameRotation(world, patient);
const request = (by: TestPatient = renewed) =>
  world.run(at(0).registrar, 'registry:RequestKeyRotation', rotationRequest(world, by));
const approve = (options?: Readonly<{ timestampMs: number }>) =>
  world.run(at(1).registrar, 'registry:ApproveKeyRotation', named(), options);
const complete = (options?: Readonly<{ timestampMs: number }>) =>
  world.run(at(0).registrar, 'registry:CompleteKeyRotation', named(), options);
const keyOnLedger = () => world.ledger.world()[`patient/${patient.handle}`];
const pending = async () =>
  ((await world.run(at(0).custodian, 'custody:ListPendingActs', {})).answer as PendingActPage).acts;

describe('an approval is about the key that was approved', () => {
  beforeEach(() => begin(['Alder', 'Birch', 'Cedar']));

  test('attack 39: a key that was swapped under another hospital’s approval is not approved, nor by the retry after the conflict', async () => {
    await request();
    const seen = named();
    const approval = await endorse(world.ledger, at(1).registrar, 'registry:ApproveKeyRotation', seen);
    await world.run(at(0).registrar, 'registry:CancelKeyRotation', seen);
    await request(withNewKey(patient));
    expect(() => {
      commit(world.ledger, approval.stub);
    }).toThrow(new CommitFailure('MVCC_READ_CONFLICT'));
    const before = world.ledger.world();
    await refuse(world.run(at(1).registrar, 'registry:ApproveKeyRotation', seen), 'CONFLICT');
    expect(world.ledger.world()).toEqual(before);
    expect(await pending()).toEqual([]);
  });

  test('attack 39: the same key in another request is another rotation, for approval, cancellation and completion', async () => {
    await request();
    const seen = named();
    await world.run(at(0).registrar, 'registry:CancelKeyRotation', seen);
    await request();
    await refuse(world.run(at(1).registrar, 'registry:ApproveKeyRotation', seen), 'CONFLICT');
    const { txId } = await approve();
    await seeAct(world, txId);
    world.ledger.advance(COOLING_OFF_MS);
    await refuse(world.run(at(0).registrar, 'registry:CompleteKeyRotation', seen), 'CONFLICT');
    await refuse(world.run(at(0).registrar, 'registry:CancelKeyRotation', seen), 'CONFLICT');
    const other = { ...named(), publicKey: withNewKey(patient).publicKey };
    await refuse(world.run(at(0).registrar, 'registry:CompleteKeyRotation', other), 'CONFLICT');
    expect(keyOnLedger()).toMatchObject({ publicKey: patient.publicKey });
    await complete();
    expect(keyOnLedger()).toMatchObject({ publicKey: renewed.publicKey });
  });
});

describe('what must not happen before two days have passed in public', () => {
  beforeEach(() => begin(FIVE));

  test('attack 35: two hospitals of five replace no key in no time, whatever times they claim', async () => {
    await request();
    const twoDaysAgo = { timestampMs: world.ledger.nowMs - COOLING_OFF_MS };
    const past = { timestampMs: world.ledger.nowMs - CLOCK_SKEW_MS };
    await refuse(approve(twoDaysAgo), 'CLOCK_SKEWED');
    const { txId } = await approve(past);
    const [act] = await pending();
    for (const position of [0, 1]) {
      const sighting = { act: txId, answerHash: act?.answerHash };
      await world.run(at(position).custodian, 'custody:Sight', sighting, past);
      await refuse(world.run(at(position).custodian, 'custody:Sight', sighting, past), 'ALREADY_EXISTS');
    }
    world.ledger.advance(COOLING_OFF_MS);
    await refuse(complete(), 'FORBIDDEN_TRANSITION');
    await seeAct(world, txId, [at(2), at(3), at(4)]);
    await refuse(complete(), 'FORBIDDEN_TRANSITION');
    world.ledger.advance(COOLING_OFF_MS - 1);
    await refuse(complete(), 'FORBIDDEN_TRANSITION');
    world.ledger.advance(1);
    await complete();
    expect(keyOnLedger()).toMatchObject({ publicKey: renewed.publicKey, keyVersion: 2 });
  });

  test('attack 35: an approval that is withheld for two days begins them only when it is in a block', async () => {
    await request();
    const withheld = await endorse(world.ledger, at(1).registrar, 'registry:ApproveKeyRotation', named());
    expect(await pending()).toEqual([]);
    const early = { act: withheld.txId, answerHash: world.names.bytes32() };
    await refuse(world.run(at(2).custodian, 'custody:Sight', early), 'NOT_FOUND');
    world.ledger.advance(COOLING_OFF_MS);
    commit(world.ledger, withheld.stub);
    await seeAct(world, withheld.txId);
    await refuse(complete(), 'FORBIDDEN_TRANSITION');
    world.ledger.advance(COOLING_OFF_MS);
    await complete();
    expect(keyOnLedger()).toMatchObject({ publicKey: renewed.publicKey });
  });

  test('the patient who has the key stops it at the last moment, and the guardian’s way is the same', async () => {
    await request();
    const { txId } = await approve();
    await seeAct(world, txId);
    world.ledger.advance(COOLING_OFF_MS);
    const completion = await endorse(world.ledger, at(0).registrar, 'registry:CompleteKeyRotation', named());
    const veto = vetoOf(world, renewed, patient);
    await world.run(at(4).gateway, 'registry:CancelKeyRotation', { ...named(), veto });
    expect(() => {
      commit(world.ledger, completion.stub);
    }).toThrow(new CommitFailure('MVCC_READ_CONFLICT'));
    await refuse(complete(), 'FORBIDDEN_TRANSITION');
    expect(keyOnLedger()).toMatchObject({ publicKey: patient.publicKey });
    expect(await pending()).toEqual([]);
  });

  test('a sighting is a custodian’s, of exactly the act that waits, and of a member that holds a share', async () => {
    await request();
    const { txId: act } = await approve();
    const [{ answerHash } = { answerHash: '' }] = await pending();
    const sight = (by: Parameters<typeof world.run>[0], change: object = {}) =>
      world.run(by, 'custody:Sight', { act, answerHash, ...change });
    await refuse(sight(at(2).gateway), 'CALLER_NOT_ENTITLED');
    await refuse(sight(at(2).registrar), 'CALLER_NOT_ENTITLED');
    await refuse(sight(at(2).custodian, { answerHash: world.names.bytes32() }), 'NOT_FOUND');
    await refuse(sight(at(2).custodian, { act: 'f'.repeat(64) }), 'NOT_FOUND');
    await sight(at(2).custodian);
    const view = async () =>
      (await world.run(at(0).gateway, 'registry:GetKeyRotation', { handle: patient.handle }))
        .answer as KeyRotationView;
    expect((await view()).seenBy).toEqual([at(2).mspId]);
    expect((await view()).dueAt).toBeUndefined();
    const begun = world.ledger.nowMs;
    for (const position of [3, 4]) await sight(at(position).custodian);
    expect(await view()).toMatchObject({ dueAt: new Date(begun + COOLING_OFF_MS).toISOString() });
    await world.run(at(0).registrar, 'registry:CancelKeyRotation', named());
    await refuse(sight(at(1).custodian), 'NOT_FOUND');
  });
});
