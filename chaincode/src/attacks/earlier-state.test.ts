// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { SignedConsent } from '../domain/consent.js';
import type { StartCeremony } from '../domain/custody.js';
import { MAX_CONTESTS, type EmergencyView } from '../domain/emergency.js';
import { guardianId } from '../domain/ids.js';
import { keys, type Key } from '../state/keys.js';
import { encodeStored } from '../state/store.js';
import { ceremonyOf, confirmAll, dealAll, joinAll } from '../testing/ceremony.js';
import { contestOf } from '../testing/contest.js';
import { guardianOf, newGuardian, removalOf, type TestGuardian } from '../testing/guardian.js';
import { rotationRequest, withNewKey } from '../testing/key-rotation.js';
import { emptyReadWriteSet } from '../testing/read-write-set.js';
import { commit } from '../testing/runner.js';
import { TestWorld } from '../testing/world.js';

/** Puts a value under a key, or takes it away, as the ledger of an earlier version has it. */
function asBefore(world: TestWorld, key: Key<unknown>, value?: object): void {
  allAsBefore(world, [[key, value]]);
}

function allAsBefore(
  world: TestWorld,
  values: readonly (readonly [key: Key<unknown>, value: object | undefined])[],
): void {
  const rwset = emptyReadWriteSet();
  for (const [{ kind, parts }, value] of values)
    rwset.writes.set(`\u0000${[kind, ...parts].join('\u0000')}\u0000`, value && encodeStored(value));
  commit(world.ledger, { rwset });
}

describe('state that an earlier version wrote', () => {
  test('an open ceremony whose starter has no pace yet can be ended, and its starter waits', async () => {
    const world = await TestWorld.found();
    const [{ custodian, mspId }, other] = [world.hospital(0), world.hospital(1)];
    const plan = () => ({
      ...{ ceremonyId: world.names.id('ceremony'), kind: 'refresh', threshold: 2 },
      members: world.hospitals.map((one) => one.mspId),
    });
    const open = plan();
    await world.run(custodian, 'custody:StartCeremony', open);
    asBefore(world, keys.ceremonyPace(mspId));
    world.ledger.advance(15 * 60_000);
    await world.run(other.custodian, 'custody:Abort', { ceremonyId: open.ceremonyId });
    await expect(world.run(custodian, 'custody:StartCeremony', plan())).rejects.toMatchObject({
      code: 'RATE_LIMITED',
    });
    await expect(world.run(other.custodian, 'custody:StartCeremony', plan())).resolves.toBeDefined();
  });

  test('a ceremony of an earlier version in which all members have dealt, or have also confirmed, ends with its key', async () => {
    const world = await TestWorld.found(undefined, false);
    const custodians = new Map(world.hospitals.map(({ mspId, custodian }) => [mspId, custodian]));
    const [first] = world.hospitals.map(({ custodian }) => custodian);
    if (first === undefined) throw new Error('no custodian');
    const ceremonyId = world.names.id('ceremony') as StartCeremony['ceremonyId'];
    const start = { ceremonyId, kind: 'dkg', threshold: 2, members: [...custodians.keys()] } as const;
    await world.run(first, 'custody:StartCeremony', start);
    await joinAll(world.ledger, custodians, start);
    const ceremony = await ceremonyOf(world.ledger, first, start);
    await dealAll(world.ledger, custodians, { ceremony, previous: undefined, old: new Map() });
    const outcome = keys.ceremonyOutcome(ceremonyId);
    const written = () => world.ledger.world()[[outcome.kind, ...outcome.parts].join('/')];
    const before = written();
    asBefore(world, outcome);
    const dealt = await ceremonyOf(world.ledger, first, start);
    await confirmAll(world.ledger, custodians, dealt, undefined);
    expect(written()).toEqual(before);
    asBefore(world, outcome);
    await world.run(first, 'custody:Activate', { ceremonyId });
    expect(written()).toEqual(before);
    const { answer } = await world.run(first, 'custody:GetCurrent', {});
    expect(answer).toMatchObject(before as object);
  });

  test('abuse of which it does not say who found it halves the quota of the hospital', async () => {
    const world = await TestWorld.found();
    const { mspId, gateway } = world.hospital(1);
    const emergencyId = world.ownId('emergency', mspId);
    const person = { practitionerId: world.names.id('practitioner'), personTag: world.names.bytes32() };
    asBefore(world, keys.emergencyAbuse(mspId, emergencyId), person);
    const { answer } = await world.run(gateway, 'emergency:Metrics', { mspId });
    expect(answer).toMatchObject({ abuse: 1, quota: 25 });
  });

  test('former guardians in the list of present ones close nothing, stay former and leave the list by and by', async () => {
    const world = await TestWorld.found();
    const { gateway, registrar } = world.hospital(0);
    const patient = await world.patient(world.hospital(0));
    const { handle } = patient;
    const present = newGuardian(world);
    const name = (guardian: TestGuardian) =>
      world.run(gateway, 'registry:RegisterGuardian', guardianOf(world, patient, guardian));
    const end = (id: TestGuardian['guardianId']) =>
      world.run(gateway, 'registry:RemoveGuardian', removalOf(world, patient, id, patient));
    await name(present);
    const { publicKey } = present;
    const formerIds = Array.from({ length: 10_001 }, (_, position) =>
      guardianId(`gu_${String(position).padStart(22, '_')}`, 'guardianId'),
    );
    const entryOf = (id: TestGuardian['guardianId']) => ({
      ...{ v: 1, guardianId: id, handle, publicKey, registeredBy: 'patient' },
      ...{ registeredAt: world.ledger.now, removedAt: world.ledger.now, txId: 'f'.repeat(64) },
    });
    allAsBefore(
      world,
      formerIds.map((id) => [keys.guardian(handle, id), entryOf(id)]),
    );
    const left = () =>
      Object.keys(world.ledger.world()).filter((key) => key.startsWith(`guardian/${handle}/`)).length;
    const clinician = await world.practitioner(world.hospital(1), 'physician');
    await world.emergency(clinician, patient);
    await world.run(registrar, 'registry:RequestKeyRotation', rotationRequest(world, withNewKey(patient)));
    expect(left()).toBe(10_002);
    await name(newGuardian(world));
    expect(left()).toBe(9_903);
    await end(present.guardianId);
    expect(left()).toBe(9_802);
    for (const id of [formerIds[0], formerIds.at(-1)]) {
      if (id === undefined) throw new Error('no former guardian');
      await expect(name({ ...present, guardianId: id })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
      await expect(end(id)).rejects.toMatchObject({ code: 'FORBIDDEN_TRANSITION' });
    }
  }, 60_000);

  test('contests within an emergency count and are shown with those that have keys of their own', async () => {
    const world = await TestWorld.found();
    const { gateway } = world.hospital(0);
    const { mspId } = world.hospital(1);
    const patient = await world.patient(world.hospital(0));
    const clinician = await world.practitioner(world.hospital(1), 'physician');
    const request = await world.emergencyRequest(clinician, patient);
    const { emergencyId } = request;
    await world.run(clinician, 'emergency:Open', request);
    const guardian = newGuardian(world);
    await world.run(gateway, 'registry:RegisterGuardian', guardianOf(world, patient, guardian));
    const view = async () =>
      (await world.run(clinician, 'emergency:Get', { emergencyId })).answer as EmergencyView;
    const metrics = async () => (await world.run(gateway, 'emergency:Metrics', { mspId })).answer;
    expect(await metrics()).toMatchObject({ contested: 0 });
    const at = world.ledger.now;
    const earlier = Array.from({ length: MAX_CONTESTS - 1 }, () => ({ at, txId: 'e'.repeat(64) }));
    asBefore(world, keys.emergency(emergencyId), { ...(await view()), contests: earlier });
    expect(await view()).toMatchObject({ contests: earlier });
    expect(await metrics()).toMatchObject({ contested: 1 });
    world.ledger.advance(1);
    const contest = () => world.run(gateway, 'emergency:Contest', contestOf(world, patient, emergencyId));
    const { txId, answer } = await contest();
    expect(answer).not.toHaveProperty('contests');
    await expect(contest()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    const { guardianId, privateKey } = guardian;
    const byGuardian = contestOf(world, { ...patient, privateKey }, emergencyId, guardianId);
    const second = await world.run(gateway, 'emergency:Contest', byGuardian);
    const own = { at: world.ledger.now, guardianId, txId: second.txId };
    const closed = await world.run(clinician, 'emergency:Close', { emergencyId });
    expect(closed.answer).not.toHaveProperty('contests');
    expect((await view()).contests).toEqual([...earlier, { at: world.ledger.now, txId }, own]);
    expect(await metrics()).toMatchObject({ contested: 1 });
  });

  test('consents that lie where they stood decide nothing once they are revoked, and are moved when they are revoked again', async () => {
    const world = await TestWorld.found();
    const patient = await world.patient(world.hospital(0));
    const author = await world.practitioner(world.hospital(0), 'physician');
    const reader = await world.practitioner(world.hospital(1), 'physician');
    const record = await world.store(author, patient, [{ category: 'notes' }]);
    const { handle } = patient;
    const { mspId } = reader;
    const consents = Array.from({ length: 2 }, () =>
      world.consent(patient, { grantee: { kind: 'hospital', mspId } }),
    );
    const [standing, revoked] = consents as [SignedConsent, SignedConsent];
    const at = { v: 1, grantedAt: world.ledger.now, txId: 'a'.repeat(64) };
    const key = ({ statement }: SignedConsent) => keys.consent(handle, statement.consentId);
    const revocation = { ...world.revocation(patient, revoked), revokedAt: at.grantedAt, txId: at.txId };
    asBefore(world, key(standing), { ...standing, ...at });
    asBefore(world, key(revoked), { ...revoked, ...at, revocation });
    const declared = async () => (await world.declare(reader, record)).segments;
    expect(await declared()).toMatchObject([{ consentId: standing.statement.consentId }]);
    await world.revoke(patient, standing);
    expect(await declared()).toMatchObject([{ decision: 'deny', code: 'NO_CONSENT' }]);
    world.ledger.advance(1);
    await world.revoke(patient, revoked);
    const state = world.ledger.world();
    expect(Object.keys(state).filter((name) => name.startsWith('consent/'))).toEqual([]);
    expect(state[`consent-ended/${handle}/${revoked.statement.consentId}`]).toEqual({
      ...{ ...revoked, ...at },
      revocation,
    });
    const again = world.revocation(patient, revoked);
    await expect(world.run(author, 'consent:Revoke', again)).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    await expect(world.run(author, 'consent:Grant', revoked)).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
  });
});
