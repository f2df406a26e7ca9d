// SPDX-License-Identifier: Apache-2.0
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CLOCK_SKEW_MS } from '../../domain/consent.js';
import type { Suspensions } from '../../domain/suspension.js';
import type { Identity } from '../../testing/identity.js';
import { written } from '../../testing/expect-writes.js';
import { endorse } from '../../testing/runner.js';
import { suspensionBy } from '../../testing/suspension.js';
import { TestWorld } from '../../testing/world.js';

const DAY_MS = 24 * 3_600_000;

let base: TestWorld;
let world: TestWorld;
/** A physician of the first hospital, and an administrator of each. */
let doctor: Identity;
let own: Identity;
let birch: Identity;
let cedar: Identity;

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch', 'Cedar'], false);
  doctor = await base.practitioner(base.hospital(0), 'physician');
  [own, birch, cedar] = (await Promise.all(
    base.hospitals.map((hospital) => base.practitioner(hospital, 'administrator')),
  )) as [Identity, Identity, Identity];
});
beforeEach(() => {
  world = base.fork();
});

const suspend = (signed: object, by = world.hospital(2).custodian) =>
  world.run(by, 'registry:SuspendPractitioner', signed);
const lift = (by: Identity) =>
  world.run(by, 'registry:LiftSuspension', { mspId: doctor.mspId, practitionerId: doctor.id });
const reinstate = () =>
  world.run(world.hospital(0).registrar, 'registry:ChangePractitioner', {
    practitionerId: doctor.id,
    status: 'active',
  });
const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });
const look = () =>
  world.run(doctor, 'registry:GetPractitioner', { mspId: own.mspId, practitionerId: own.id });
const isRefusedAct = () => refuse(look(), 'CALLER_INACTIVE');

describe('registry:SuspendPractitioner (F12)', () => {
  test('once the own hospital’s administrator has signed it the identity may not act from the next block on', async () => {
    const signed = suspensionBy(world, doctor, [own]);
    const { custodian } = world.hospital(2);
    const { writes, audit } = await written(world, custodian, 'registry:SuspendPractitioner', signed);
    expect(writes).toMatchObject({
      [`suspension/AlderMSP/${doctor.id}/own`]: { ...signed, v: 1 },
      [`practitioner/AlderMSP/${doctor.id}`]: { status: 'suspended' },
    });
    expect(audit).toMatchObject({ act: 'practitioner-suspended', outcome: 'permitted' });
    await isRefusedAct();
  });

  test('the signatures of two other hospitals suffice, whichever hospital submits them', async () => {
    await suspend(suspensionBy(world, doctor, [birch, cedar]), world.hospital(0).gateway);
    await isRefusedAct();
  });

  test('one other hospital alone suspends nobody, however many of its administrators sign', async () => {
    const second = await world.practitioner(world.hospital(1), 'administrator');
    await refuse(suspend(suspensionBy(world, doctor, [birch])), 'CALLER_NOT_ENTITLED');
    await refuse(suspend(suspensionBy(world, doctor, [birch, second])), 'CALLER_NOT_ENTITLED');
    await look();
  });

  test.each<[string, () => object]>([
    ['another person’s key', () => ({ ...suspensionBy(world, doctor, [own]), ...forged() })],
    ['a physician', () => suspensionBy(world, birch, [doctor])],
    ['one signature under two hospitals’ names', () => relabelled()],
    ['another identity than was signed', () => moved()],
    ['another channel', () => suspensionBy(world, doctor, [own], { channel: 'other' })],
  ])('a suspension with %s is refused', async (_, make) => {
    await refuse(suspend(make()), 'SIGNATURE_INVALID');
  });

  test('a signer who may not act signs nothing', async () => {
    const request = { practitionerId: birch.id, status: 'suspended' };
    await world.run(world.hospital(1).registrar, 'registry:ChangePractitioner', request);
    await refuse(suspend(suspensionBy(world, doctor, [birch, cedar])), 'CALLER_INACTIVE');
  });

  test('a key that is not on the ledger signs nothing, and the registrar puts it there', async () => {
    const newcomer = { ...own, keys: cedar.keys };
    const signed = suspensionBy(world, doctor, [newcomer]);
    await refuse(suspend(signed), 'SIGNATURE_INVALID');
    const { answer } = await world.run(world.hospital(2).gateway, 'registry:GetPractitioner', {
      mspId: cedar.mspId,
      practitionerId: cedar.id,
    });
    const { publicKey } = answer as { publicKey: string };
    const renewed = { practitionerId: own.id, publicKey };
    await world.run(world.hospital(0).registrar, 'registry:ChangePractitioner', renewed);
    await suspend(signed);
    await isRefusedAct();
  });

  test('a suspension of another day, or of later, is refused', async () => {
    const signed = suspensionBy(world, doctor, [own]);
    world.ledger.advance(DAY_MS);
    await refuse(suspend(signed), 'STATEMENT_EXPIRED');
    const later = suspensionBy(world, doctor, [own], { signedAt: world.at(600_000) as never });
    await refuse(suspend(later), 'STATEMENT_EXPIRED');
  });

  test('the same suspension twice is one, and after it was lifted it does not come back', async () => {
    const signed = suspensionBy(world, doctor, [own]);
    await suspend(signed);
    await refuse(suspend(signed), 'ALREADY_EXISTS');
    await reinstate();
    await refuse(suspend(signed), 'STATEMENT_REPLAYED');
    const before = suspensionBy(world, doctor, [own]);
    world.ledger.advance(1_000);
    await refuse(suspend({ ...before }), 'STATEMENT_REPLAYED');
    await suspend(suspensionBy(world, doctor, [own]));
    await isRefusedAct();
  });

  test('an unknown identity is not found', async () => {
    const nobody = { mspId: doctor.mspId, id: world.names.id('practitioner') as Identity['id'] };
    await refuse(suspend(suspensionBy(world, nobody, [own])), 'NOT_FOUND');
  });
});

describe('registry:LiftSuspension', () => {
  test('the own hospital cannot undo what two others did, until one of them takes it back', async () => {
    await suspend(suspensionBy(world, doctor, [birch, cedar]));
    await refuse(reinstate(), 'FORBIDDEN_TRANSITION');
    await refuse(lift(world.hospital(0).registrar), 'CALLER_NOT_ENTITLED');
    await lift(cedar);
    await refuse(lift(birch), 'FORBIDDEN_TRANSITION');
    await isRefusedAct();
    await reinstate();
    await look();
  });

  test('a hospital that did not sign lifts nothing', async () => {
    const fourth = await TestWorld.found(['Alder', 'Birch', 'Cedar', 'Dogwood'], false);
    const person = await fourth.practitioner(fourth.hospital(0), 'physician');
    const signers = await Promise.all(
      [1, 2].map((at) => fourth.practitioner(fourth.hospital(at), 'administrator')),
    );
    await fourth.run(
      fourth.hospital(3).gateway,
      'registry:SuspendPractitioner',
      suspensionBy(fourth, person, signers),
    );
    const request = { mspId: person.mspId, practitionerId: person.id };
    await refuse(
      fourth.run(fourth.hospital(3).registrar, 'registry:LiftSuspension', request),
      'CALLER_NOT_ENTITLED',
    );
    const { answer } = await fourth.run(fourth.hospital(3).gateway, 'registry:ListSuspensions', request);
    const { suspensions } = answer as Suspensions;
    expect(suspensions.map(({ liftedAt }) => liftedAt)).toEqual([undefined]);
  });

  test('the own hospital ends its own suspension by reinstating the person', async () => {
    await suspend(suspensionBy(world, doctor, [own]));
    await reinstate();
    const request = { mspId: doctor.mspId, practitionerId: doctor.id };
    const { answer } = await world.run(world.hospital(1).gateway, 'registry:ListSuspensions', request);
    expect(answer).toMatchObject({ suspensions: [{ liftedAt: world.ledger.now }] });
  });
});

describe('a hospital that protects its own person', () => {
  const byOthers = () => suspensionBy(world, doctor, [birch, cedar]);
  const status = (value: string) =>
    world.run(world.hospital(0).registrar, 'registry:ChangePractitioner', {
      practitionerId: doctor.id,
      status: value,
    });

  test('attack 35: a hospital suspends and reinstates its own person with a time of its choice: two others suspend all the same', async () => {
    await suspend(suspensionBy(world, doctor, [own]));
    const request = { practitionerId: doctor.id, status: 'active' };
    const far = { timestampMs: Date.parse('2099-01-01T00:00:00.000Z') };
    const { registrar } = world.hospital(0);
    await refuse(world.run(registrar, 'registry:ChangePractitioner', request, far), 'CLOCK_SKEWED');
    const near = { timestampMs: world.ledger.nowMs + CLOCK_SKEW_MS };
    await world.run(registrar, 'registry:ChangePractitioner', request, near);
    await look();
    await suspend(byOthers());
    await refuse(reinstate(), 'FORBIDDEN_TRANSITION');
    await isRefusedAct();
  });

  test.each<[string, () => Promise<unknown>]>([
    ['a signed suspension', () => suspend(suspensionBy(world, doctor, [own]))],
    ['a plain change of status', () => status('suspended')],
  ])(
    'attack 35: with %s first: what two others signed counts beside it, and outlives it',
    async (_, first) => {
      const others = byOthers();
      await first();
      await suspend(others);
      await refuse(status('active'), 'FORBIDDEN_TRANSITION');
      await isRefusedAct();
      await lift(birch);
      await status('active');
      await look();
      await refuse(suspend(others), 'STATEMENT_REPLAYED');
    },
  );

  test('attack 35: reinstates in the same moment: one of the two is invalid, and the suspension wins when repeated', async () => {
    await status('suspended');
    const others = byOthers();
    const request = { practitionerId: doctor.id, status: 'active' };
    const { registrar } = world.hospital(0);
    const race = async () => [
      await endorse(world.ledger, registrar, 'registry:ChangePractitioner', request),
      await endorse(world.ledger, world.hospital(2).custodian, 'registry:SuspendPractitioner', others),
    ];
    const [reinstated, suspended] = await race();
    expect([reinstated, suspended].map((one) => one && world.ledger.commit(one.stub))).toEqual([
      'VALID',
      'MVCC_READ_CONFLICT',
    ]);
    await suspend(others);
    await isRefusedAct();
    await refuse(reinstate(), 'FORBIDDEN_TRANSITION');
  });

  test('attack 6: a person whom two others have suspended cannot be registered under another enrolment', async () => {
    const tag = world.names.bytes32();
    const person = await world.practitioner(world.hospital(0), 'physician', tag);
    const again = () => world.practitioner(world.hospital(0), 'physician', tag);
    await again();
    await suspend(suspensionBy(world, person, [birch, cedar]));
    await refuse(again(), 'CALLER_INACTIVE');
    await world.practitioner(world.hospital(0), 'physician');
    const request = { mspId: person.mspId, practitionerId: person.id };
    await world.run(birch, 'registry:LiftSuspension', request);
    await again();
  });
});

describe('a hospital that signs with the attacker', () => {
  test('lifts what it has signed itself, and nothing that two honest hospitals have', async () => {
    const seven = await TestWorld.found(['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm', 'Fir', 'Hazel'], false);
    world = seven;
    const person = await seven.practitioner(seven.hospital(0), 'physician');
    const [b, c, d, e] = (await Promise.all(
      [1, 2, 3, 4].map((at) => seven.practitioner(seven.hospital(at), 'administrator')),
    )) as [Identity, Identity, Identity, Identity];
    await suspend(suspensionBy(seven, person, [d, e]));
    await suspend(suspensionBy(seven, person, [b, c]));
    const request = { mspId: person.mspId, practitionerId: person.id };
    await seven.run(d, 'registry:LiftSuspension', request);
    const back = { practitionerId: person.id, status: 'active' };
    const reinstated = seven.run(seven.hospital(0).registrar, 'registry:ChangePractitioner', back);
    await refuse(reinstated, 'FORBIDDEN_TRANSITION');
  });
});

/** The signature of another statement by the same administrator. */
function forged(): object {
  return { signatures: suspensionBy(world, birch, [own]).signatures };
}

/** What one administrator signed, presented as signed by two hospitals. */
function relabelled(): object {
  const signed = suspensionBy(world, doctor, [birch]);
  const [first] = signed.signatures;
  return { ...signed, signatures: [first, { ...first, mspId: cedar.mspId, practitionerId: cedar.id }] };
}

function moved(): object {
  const signed = suspensionBy(world, doctor, [own]);
  return { ...signed, statement: { ...signed.statement, practitionerId: own.id } };
}
