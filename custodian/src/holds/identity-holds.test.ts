// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { CLOCK_SKEW_MS, instantOf } from '@tutela/chaincode/domain';
import { suspensionBy, type Identity } from '@tutela/chaincode/testing';
import { waitUntil } from '../freshness/wait-until.js';
import type { Log } from '../log.js';
import { Scene } from '../testing/scene.js';

const HOUR_MS = 3_600_000;
const ALL = [0, 1, 2] as const;

const MAX_POLLS = 1_000;
let scene: Scene;
/** Administrators of the three hospitals; the held physician is of the second. */
let alder: Identity;
let birch: Identity;
let cedar: Identity;
afterEach(() => scene.end());

/** The usual scene, on a ledger that takes no suspension until {@link censor} says so. */
async function begin(plan: Parameters<typeof Scene.begin>[0] = {}): Promise<void> {
  scene = await Scene.begin(plan);
  censor();
  const { world } = scene;
  [alder, birch, cedar] = (await Promise.all(
    world.hospitals.map((hospital) => world.practitioner(hospital, 'administrator')),
  )) as [Identity, Identity, Identity];
}

function censor(isCensored = true): void {
  for (const { peer } of scene.consortium.places)
    peer.refuse = (transaction) => isCensored && transaction === 'registry:SuspendPractitioner';
}

const suspension = (...signers: readonly Identity[]) => suspensionBy(scene.world, scene.doctor, signers);

async function send(at: number, body: object): Promise<void> {
  await scene.consortium.network.request('POST', `${scene.consortium.at(at).url}/v1/holds`, { body });
}

const refuse = (body: object, code: string) => expect(send(0, body)).rejects.toMatchObject({ code });

function isHeldAt(at: number, { mspId, id }: Identity = scene.doctor): boolean {
  return scene.consortium.custodian(at).holds.isIdentityHeld({ mspId, practitionerId: id });
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

/** The kinds of a custodian's lines, as soon as one is there; what has happened is written down in its own time. */
async function journalUntil(at: number, wanted: string): Promise<readonly string[]> {
  for (let poll = 0; ; poll += 1) {
    const kinds = (await scene.consortium.custodian(at).journal.read(1)).map(({ kind }) => kind);
    if (kinds.some((kind) => kind === wanted) || poll >= MAX_POLLS) return kinds;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('holds on identities (F12)', () => {
  test('attack §15.16: one by the own hospital stops the very next release at every custodian, before any block', async () => {
    await begin();
    const { intentId } = await scene.declare();
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    const { length } = scene.consortium.channel.blocks;
    await send(2, suspension(birch));
    expect(await soon(() => ALL.every((at) => isHeldAt(at)))).toBe(true);
    for (const at of ALL) expect(await scene.tryRelease(at, intentId)).toBe('HELD');
    expect(scene.consortium.channel.blocks).toHaveLength(length);
  });

  test('two other hospitals together hold an identity, one alone does not', async () => {
    await begin();
    const second = await scene.world.practitioner(scene.world.hospital(0), 'administrator');
    await refuse(suspension(alder), 'CALLER_NOT_ENTITLED');
    await refuse(suspension(alder, second), 'CALLER_NOT_ENTITLED');
    expect(isHeldAt(0)).toBe(false);
    await send(0, suspension(alder, cedar));
    expect(isHeldAt(0)).toBe(true);
  });

  test('attack 7 and §15.16: a forged hold, a foreign key’s, or one for another identity has no effect', async () => {
    await begin();
    const signed = suspension(birch);
    const [signature] = signed.signatures;
    await refuse({ ...signed, signatures: suspension(alder).signatures }, 'SIGNATURE_INVALID');
    await refuse({ ...signed, signatures: suspension(birch).signatures }, 'SIGNATURE_INVALID');
    await refuse(suspensionBy(scene.world, birch, [scene.doctor]), 'SIGNATURE_INVALID');
    await refuse(
      { ...signed, statement: { ...signed.statement, practitionerId: birch.id } },
      'SIGNATURE_INVALID',
    );
    const asCedar = { ...signature, mspId: cedar.mspId, practitionerId: cedar.id };
    await refuse({ ...signed, signatures: [asCedar] }, 'SIGNATURE_INVALID');
    const { intentId } = await scene.declare();
    for (const at of ALL) expect(await scene.tryRelease(at, intentId)).toBe(1);
  });

  test('attack 44: one that cannot count costs the own peer no question, and one with a false signature a single one', async () => {
    await begin();
    const asked = jest.spyOn(scene.consortium.at(0).peer, 'evaluate');
    const signed = suspension(alder, cedar);
    await refuse({ ...signed, statement: { ...signed.statement, channel: 'other' } }, 'SIGNATURE_INVALID');
    scene.world.ledger.advance(24 * HOUR_MS);
    await refuse(signed, 'STATEMENT_EXPIRED');
    expect(asked).not.toHaveBeenCalled();
    const { signatures } = signed;
    await refuse({ ...suspension(alder, cedar), signatures }, 'SIGNATURE_INVALID');
    expect(asked.mock.calls.map(([name]) => name)).toEqual(['registry:GetPractitioner']);
  });

  test('it stops an emergency, which a consent hold does not', async () => {
    await begin();
    const { intentId } = await declareInEmergency(await openEmergency());
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    await send(0, suspension(birch));
    for (const at of ALL) {
      await soon(() => isHeldAt(at));
      expect(await scene.tryRelease(at, intentId)).toBe('HELD');
    }
  });

  test('a held second clinician, or one suspended since, vouches for nothing', async () => {
    await begin();
    const { world } = scene;
    const officer = await world.practitioner(world.hospital(2), 'medical-officer');
    const emergencyId = await openEmergency();
    await world.cosign(officer, emergencyId);
    const { intentId } = await declareInEmergency(emergencyId);
    expect(await scene.tryRelease(0, intentId)).toBe(2);
    await send(0, suspensionBy(world, officer, [cedar]));
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    censor(false);
    expect(await soon(() => !isHeldAt(0, officer))).toBe(true);
    expect(await scene.tryRelease(0, intentId)).toBe(1);
    const declared = await declareInEmergency(emergencyId);
    expect(await scene.tryRelease(1, declared.intentId)).toBe(1);
  });

  test('it survives a restart', async () => {
    await begin();
    const { intentId } = await scene.declare();
    await send(1, suspension(birch));
    await scene.consortium.stop(1);
    await scene.consortium.start(1);
    await scene.consortium.custodian(1).directory.refresh();
    scene.consortium.custodian(0).announcer.announce();
    expect(await scene.tryRelease(1, intentId)).toBe('HELD');
  });

  test('a custodian that was down gets it from those who have it', async () => {
    await begin();
    await scene.consortium.stop(2);
    await send(0, suspension(birch));
    await scene.consortium.start(2);
    expect(await soon(() => isHeldAt(2))).toBe(true);
  });

  test('each custodian that has a hold brings it to the ledger, where it counts from the next block on', async () => {
    await begin();
    const { intentId } = await scene.declare();
    await send(0, suspension(birch));
    expect(await soon(() => isHeldAt(2))).toBe(true);
    for (const at of [0, 1]) await scene.consortium.stop(at);
    const blocks = scene.consortium.channel.blocks.length;
    censor(false);
    expect(await soon(() => scene.consortium.channel.blocks.length > blocks)).toBe(true);
    expect(isHeldAt(2)).toBe(true);
    for (const at of [0, 1]) await scene.consortium.start(at);
    for (const at of [0, 1]) await scene.consortium.custodian(at).directory.refresh();
    const announced = (): boolean => {
      for (const at of [0, 1, 2]) scene.consortium.custodian(at).announcer.announce();
      return ![0, 1, 2].some((at) => isHeldAt(at));
    };
    expect(await soon(announced)).toBe(true);
    expect(await scene.tryRelease(2, intentId)).toBe('CALLER_INACTIVE');
    const kinds = await journalUntil(2, 'hold-ended');
    expect(kinds).toEqual(expect.arrayContaining(['hold', 'hold-ended']));
  });

  test('one that never commits ends a day after it was signed, with an alarm, and does not come back', async () => {
    const alarms: string[] = [];
    const silent = (): void => undefined;
    const log: Log = { info: silent, warn: silent, error: (_, message) => alarms.push(message) };
    await begin({ log });
    const signed = suspension(birch);
    await send(0, signed);
    scene.world.ledger.advance(24 * HOUR_MS - 1);
    expect(isHeldAt(0)).toBe(true);
    scene.world.ledger.advance(1);
    expect(isHeldAt(0)).toBe(false);
    expect(await soon(() => alarms.some((one) => one.includes('counts no more')))).toBe(true);
    await refuse(signed, 'STATEMENT_EXPIRED');
    await send(0, suspension(birch));
    expect(isHeldAt(0)).toBe(true);
  });

  test('after the own hospital reinstated the person, the same hold is refused as replayed', async () => {
    await begin();
    const signed = suspension(birch);
    await send(0, signed);
    censor(false);
    expect(await soon(() => ALL.every((at) => !isHeldAt(at)))).toBe(true);
    const request = { practitionerId: scene.doctor.id, status: 'active' };
    await scene.world.run(scene.world.hospital(1).registrar, 'registry:ChangePractitioner', request);
    await refuse(signed, 'STATEMENT_REPLAYED');
    expect(isHeldAt(0)).toBe(false);
  });

  test('attack 35: a hospital that holds its own person first hides no hold of two others, nor ends it', async () => {
    await begin();
    const { world, doctor } = scene;
    const { intentId } = await scene.declare();
    // Its own hold claims the latest time that is accepted.
    const signedAt = instantOf(world.ledger.nowMs + CLOCK_SKEW_MS);
    await send(0, suspensionBy(world, doctor, [birch], { signedAt }));
    await send(0, suspension(alder, cedar));
    await soon(() => ALL.every((at) => scene.consortium.custodian(at).holds.heldIdentities().length === 2));
    censor(false);
    expect(await soon(() => ALL.every((at) => !isHeldAt(at)))).toBe(true);
    const { registrar } = world.hospital(1);
    const back = { practitionerId: doctor.id, status: 'active' };
    await expect(world.run(registrar, 'registry:ChangePractitioner', back)).rejects.toMatchObject({
      code: 'FORBIDDEN_TRANSITION',
    });
    for (const at of ALL) expect(await scene.tryRelease(at, intentId)).toBe('CALLER_INACTIVE');
  });

  test('attack 35: the own hospital’s suspend and reinstate on the ledger ends no hold of two others', async () => {
    await begin();
    const { world, doctor } = scene;
    await send(0, suspension(alder, cedar));
    await world.run(
      world.hospital(1).gateway,
      'registry:SuspendPractitioner',
      suspensionBy(world, doctor, [birch]),
    );
    const back = { practitionerId: doctor.id, status: 'active' };
    await world.run(world.hospital(1).registrar, 'registry:ChangePractitioner', back);
    expect(isHeldAt(0)).toBe(true);
    const { intentId } = await scene.declare();
    expect(await scene.tryRelease(0, intentId)).toBe('HELD');
  });

  test('a suspended administrator cannot suspend others', async () => {
    await begin();
    await send(0, suspensionBy(scene.world, birch, [alder, cedar]));
    await refuse(suspension(birch), 'CALLER_INACTIVE');
  });

  test('the same hold by several ways is one line of the journal', async () => {
    await begin();
    const signed = suspension(birch);
    await Promise.all([send(0, signed), send(0, signed), send(1, signed)]);
    expect(await soon(() => ALL.every((at) => isHeldAt(at)))).toBe(true);
    expect(await soon(() => scene.consortium.custodian(2).journal.length > 0)).toBe(true);
    const lines = await scene.consortium.custodian(2).journal.read(1);
    const identity = { mspId: scene.doctor.mspId, practitionerId: scene.doctor.id };
    expect(lines.filter(({ kind }) => kind === 'hold')).toMatchObject([{ decision: 'deny', identity }]);
  });
});

describe('suspensions of one identity, each signed later than the one before', () => {
  const linesAt = async (at: number): Promise<number> =>
    (await scene.consortium.custodian(at).journal.read(1)).filter(({ kind }) => kind === 'hold').length;

  test('attack 44: suspensions of one identity, each signed later, fill no custodian’s journal while the ledger takes none', async () => {
    await begin();
    for (let count = 0; count < 60; count += 1) {
      scene.world.ledger.advance(1);
      await send(0, suspension(birch));
    }
    await soon(() => isHeldAt(2));
    expect(Math.max(...(await Promise.all(ALL.map(linesAt))))).toBeLessThan(8);
  });

  test('the newest holds after a restart, and one signed after the lifting holds again at once', async () => {
    await begin();
    for (let count = 0; count < 3; count += 1) {
      scene.world.ledger.advance(1);
      await send(0, suspension(birch));
    }
    await scene.consortium.stop(0);
    await scene.consortium.start(0);
    await scene.consortium.custodian(0).directory.refresh();
    expect(isHeldAt(0)).toBe(true);
    censor(false);
    const announced = (): boolean => {
      for (const at of ALL) scene.consortium.custodian(at).announcer.announce();
      return ALL.every((at) => !isHeldAt(at));
    };
    expect(await soon(announced)).toBe(true);
    const back = { practitionerId: scene.doctor.id, status: 'active' };
    await scene.world.run(scene.world.hospital(1).registrar, 'registry:ChangePractitioner', back);
    censor();
    scene.world.ledger.advance(1);
    const before = await linesAt(0);
    await send(0, suspension(birch));
    expect(isHeldAt(0)).toBe(true);
    expect(await linesAt(0)).toBe(before + 1);
  });

  test('one signed after a lifting that the own peer has not seen outlives it there', async () => {
    await begin();
    const { world, doctor } = scene;
    const { peer } = scene.consortium.at(0);
    const first = suspension(birch);
    await send(0, first);
    const evaluate = peer.evaluate.bind(peer);
    const lagging = jest.spyOn(peer, 'evaluate');
    lagging.mockImplementation((name, request) =>
      name === 'registry:ListSuspensions' ? Promise.resolve({ suspensions: [] }) : evaluate(name, request),
    );
    await world.run(world.hospital(1).gateway, 'registry:SuspendPractitioner', first);
    const back = { practitionerId: doctor.id, status: 'active' };
    await world.run(world.hospital(1).registrar, 'registry:ChangePractitioner', back);
    world.ledger.advance(1);
    await send(0, suspension(birch));
    lagging.mockRestore();
    await world.patient(world.hospital(2));
    for (const at of ALL) scene.consortium.custodian(at).announcer.announce();
    await expect(send(0, first)).resolves.toBeUndefined();
    expect(isHeldAt(0)).toBe(true);
    expect(await soon(() => isHeldAt(2))).toBe(true);
  });
});

async function openEmergency(): Promise<string> {
  return scene.world.emergency(scene.doctor, scene.patient);
}

/** An intent for the summary and one segment of the full chart. */
async function declareInEmergency(emergencyId: string): ReturnType<Scene['declare']> {
  const { world, author, patient, doctor, reader } = scene;
  const chart = await world.store(author, patient, [{ category: 'summary' }, { category: 'imaging' }]);
  const change = { purpose: 'BTG', basis: { kind: 'emergency', emergencyId } };
  return world.declare(doctor, chart, { sessionKey: reader.sessionKey, ...change });
}
