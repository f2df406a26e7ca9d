// SPDX-License-Identifier: Apache-2.0
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { EmergencyMetrics } from '../../domain/emergency.js';
import { NOTICE_DUE_MS, NOTICE_KEPT_MS, type FetchedNotices } from '../../domain/notice.js';
import { written } from '../../testing/expect-writes.js';
import { guardianOf, newGuardian, removalOf, type TestGuardian } from '../../testing/guardian.js';
import type { Identity } from '../../testing/identity.js';
import { fetchingOf, fetchNotices, noticesRequest } from '../../testing/notices.js';
import { rotationRequest, withNewKey } from '../../testing/key-rotation.js';
import type { TestPatient } from '../../testing/patient.js';
import { TestWorld } from '../../testing/world.js';

let base: TestWorld;
let world: TestWorld;
let clinician: Identity;
let second: Identity;
let homeOfficer: Identity;
let officer: Identity;
let patient: TestPatient;

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch', 'Cedar'], false);
  clinician = await base.practitioner(base.hospital(1), 'physician');
  second = await base.practitioner(base.hospital(1), 'nurse');
  homeOfficer = await base.practitioner(base.hospital(0), 'privacy-officer');
  officer = await base.practitioner(base.hospital(1), 'privacy-officer');
  patient = await base.patient(base.hospital(0));
});
beforeEach(() => {
  world = base.fork();
});

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });

async function fetchAs(who: Identity, request: object = {}): Promise<FetchedNotices> {
  return fetchNotices(world, who, request);
}
const fetching = async (who: Identity, asked: object = {}) => (await fetchingOf(world, who, asked)).request;
const causes = ({ notices }: FetchedNotices) => notices.map(({ cause }) => cause).sort();

/** The patient's own request, carried by the hospital at a position. */
function byPatient(position: number, of: TestPatient = patient, change = {}): object {
  return noticesRequest(world, of, world.hospital(position).mspId, change);
}
async function metricsOf(position: number): Promise<EmergencyMetrics> {
  const { gateway, mspId } = world.hospital(position);
  return (await world.run(gateway, 'emergency:Metrics', { mspId })).answer as EmergencyMetrics;
}

describe('notices of an emergency', () => {
  test('wait for the patient and both privacy offices from every step on, until each has fetched them', async () => {
    const emergencyId = await world.emergency(clinician, patient);
    await world.cosign(second, emergencyId);
    await world.run(clinician, 'emergency:Close', { emergencyId });
    const keys = Object.keys(world.ledger.world()).filter((key) => key.startsWith('notice/'));
    const places = [`AlderMSP/AlderMSP`, `AlderMSP/${patient.handle}`, `BirchMSP/BirchMSP`];
    const expected = places.flatMap((place) =>
      ['closed', 'cosigned', 'opened'].map((cause) => `notice/${place}/${emergencyId}/${cause}`),
    );
    expect(keys.sort()).toEqual(expected.sort());
    for (const [who, request] of [
      [homeOfficer, {}],
      [officer, {}],
      [world.hospital(2).gateway, byPatient(2)],
    ] as const) {
      const fetched = await fetchAs(who, request);
      expect(causes(fetched)).toEqual(['closed', 'cosigned', 'opened']);
      const delivered = { txId: fetched.txId, through: who.mspId, by: who.id };
      for (const notice of fetched.notices) expect(notice).toMatchObject({ emergencyId, delivered });
    }
    expect(await metricsOf(0)).toMatchObject({ noticesPending: 0, noticesOverdue: 0 });
  });

  test('are one for a hospital that is both the patient’s and the requester’s', async () => {
    const own = await world.practitioner(world.hospital(0), 'physician');
    await world.emergency(own, patient);
    expect(await metricsOf(0)).toMatchObject({ noticesPending: 2 });
    expect(causes(await fetchAs(homeOfficer))).toEqual(['opened']);
    expect(causes(await fetchAs(officer))).toEqual([]);
  });

  test('the fetching is recorded once, says through whom, and touches nothing else', async () => {
    const emergencyId = await world.emergency(clinician, patient);
    const { writes, audit, txId } = await written(
      world,
      officer,
      'emergency:FetchNotices',
      await fetching(officer),
    );
    const delivered = { at: world.ledger.now, txId, through: 'BirchMSP', by: officer.id };
    expect(writes).toEqual({
      [`notice/BirchMSP/BirchMSP/${emergencyId}/opened`]: null,
      [`notice-shown/BirchMSP/BirchMSP/${emergencyId}/opened`]: expect.objectContaining({ delivered }),
    });
    expect(audit).toMatchObject({
      act: 'notices-fetched',
      actor: { id: officer.id, role: 'privacy-officer' },
    });
    world.ledger.advance(NOTICE_KEPT_MS - 1);
    const again = await written(world, officer, 'emergency:FetchNotices', await fetching(officer));
    expect(again.writes).toEqual({});
    expect(again.answer).toMatchObject({ notices: [{ delivered }] });
    world.ledger.advance(1);
    const later = await written(world, officer, 'emergency:FetchNotices', await fetching(officer));
    expect(later.answer).toMatchObject({ notices: [] });
  });

  test('that nobody fetches in time show in the metrics of the hospital that answers for them', async () => {
    const emergencyId = await world.emergency(clinician, patient);
    world.ledger.advance(NOTICE_DUE_MS - 1);
    expect(await metricsOf(0)).toMatchObject({ noticesPending: 2, noticesOverdue: 0 });
    world.ledger.advance(1);
    expect(await metricsOf(0)).toMatchObject({ noticesPending: 2, noticesOverdue: 2 });
    expect(await metricsOf(1)).toMatchObject({ noticesPending: 1, noticesOverdue: 1 });
    await fetchAs(officer, { emergencyId: world.names.id('emergency') });
    expect(await metricsOf(1)).toMatchObject({ noticesOverdue: 1 });
    await fetchAs(officer, { emergencyId });
    expect(await metricsOf(1)).toMatchObject({ noticesPending: 0, noticesOverdue: 0 });
  });

  test('attack 36: about the keys of two patients are two notices, also at one privacy office', async () => {
    const other = await world.patient(world.hospital(0));
    for (const one of [patient, other]) {
      const asked = rotationRequest(world, withNewKey(one));
      await world.run(world.hospital(0).registrar, 'registry:RequestKeyRotation', asked);
    }
    const { notices } = await fetchAs(homeOfficer);
    expect(notices.map(({ handle }) => handle).sort()).toEqual([patient.handle, other.handle].sort());
  });

  test('do not keep two steps, or a step and a fetching, from both being taken', async () => {
    const emergencyId = await world.emergency(clinician, patient);
    const other = await world.patient(world.hospital(0));
    await fetchAs(officer);
    await world.emergency(second, other);
    await world.cosign(second, emergencyId);
    expect(causes(await fetchAs(officer))).toEqual(['cosigned', 'opened', 'opened']);
  });
});

describe('nobody fetches another’s notices', () => {
  test('attack 2: not clinicians, processes or registrars for an office, nor anyone for a patient without the key', async () => {
    await world.emergency(clinician, patient);
    for (const who of [clinician, second, world.hospital(1).gateway])
      await refuse(fetchAs(who), 'CALLER_NOT_ENTITLED');
    await refuse(fetchAs(world.hospital(1).registrar), 'CALLER_UNKNOWN');
    expect(causes(await fetchAs(await world.practitioner(world.hospital(2), 'privacy-officer')))).toEqual([]);
    const forger = withNewKey(patient);
    await refuse(fetchAs(homeOfficer, byPatient(0, forger)), 'SIGNATURE_INVALID');
    await refuse(fetchAs(homeOfficer, byPatient(0, patient, { channel: 'other' })), 'SIGNATURE_INVALID');
    expect(await metricsOf(0)).toMatchObject({ noticesPending: 2 });
  });

  test('attack 7: a patient’s request is used once, and soon', async () => {
    await world.emergency(clinician, patient);
    const request = byPatient(1);
    await fetchAs(world.hospital(1).gateway, request);
    await refuse(fetchAs(world.hospital(1).gateway, request), 'STATEMENT_REPLAYED');
    const old = byPatient(1);
    world.ledger.advance(24 * 3_600_000);
    await refuse(fetchAs(world.hospital(1).gateway, old), 'STATEMENT_EXPIRED');
  });
});

describe('notices for guardians', () => {
  let guardian: TestGuardian;
  const byGuardian = (of = patient, { privateKey } = guardian): object =>
    byPatient(2, { ...of, privateKey }, { guardianId: guardian.guardianId });
  const carrier = (request: object) => fetchAs(world.hospital(2).gateway, request);

  beforeEach(async () => {
    guardian = newGuardian(world);
    const request = guardianOf(world, patient, guardian);
    await world.run(world.hospital(0).gateway, 'registry:RegisterGuardian', request);
  });

  test('wait for each of them beside the patient’s, until each has fetched the own', async () => {
    const second = newGuardian(world);
    const request = guardianOf(world, patient, second);
    await world.run(world.hospital(0).gateway, 'registry:RegisterGuardian', request);
    await world.emergency(clinician, patient);
    expect(await metricsOf(0)).toMatchObject({ noticesPending: 4 });
    const fetched = await carrier(byGuardian());
    const { guardianId } = guardian;
    expect(fetched.notices).toMatchObject([
      {
        recipient: { kind: 'guardian', handle: patient.handle, guardianId },
        delivered: { txId: fetched.txId },
      },
    ]);
    expect(await metricsOf(0)).toMatchObject({ noticesPending: 3 });
    expect((await carrier(byGuardian())).notices).toEqual(fetched.notices);
    world.ledger.advance(NOTICE_DUE_MS);
    expect(await metricsOf(0)).toMatchObject({ noticesOverdue: 3 });
  });

  test('the fetching stands in the patient’s audit, with the guardian’s id', async () => {
    await world.emergency(clinician, patient);
    const { gateway } = world.hospital(2);
    const { audit } = await written(
      world,
      gateway,
      'emergency:FetchNotices',
      await fetching(gateway, byGuardian()),
    );
    const { guardianId } = guardian;
    expect(audit).toMatchObject({ act: 'notices-fetched', handle: patient.handle, guardianId });
  });

  test('attack 2: no one fetches a guardian’s notices with another key, for another handle, or after the guardianship', async () => {
    await world.emergency(clinician, patient);
    const other = await world.patient(world.hospital(0));
    await refuse(carrier(byGuardian(patient, newGuardian(world))), 'SIGNATURE_INVALID');
    await refuse(carrier(byGuardian(other)), 'SIGNATURE_INVALID');
    await refuse(carrier(byPatient(2, patient, { guardianId: guardian.guardianId })), 'SIGNATURE_INVALID');
    const removal = removalOf(world, patient, guardian.guardianId, patient);
    await world.run(world.hospital(0).gateway, 'registry:RemoveGuardian', removal);
    await refuse(carrier(byGuardian()), 'SIGNATURE_INVALID');
    expect(await metricsOf(0)).toMatchObject({ noticesPending: 2 });
  });

  test('attack 7: a guardian’s request is used once, and soon', async () => {
    await world.emergency(clinician, patient);
    const request = byGuardian();
    await carrier(request);
    await refuse(carrier(request), 'STATEMENT_REPLAYED');
    const old = byGuardian();
    world.ledger.advance(24 * 3_600_000);
    await refuse(carrier(old), 'STATEMENT_EXPIRED');
  });

  test('attack 36: a guardian of another handle with the same id fetches nothing of it, and its removal takes nothing away', async () => {
    await world.emergency(clinician, patient);
    const other = await world.patient(world.hospital(0));
    const namesake: TestGuardian = { ...newGuardian(world), guardianId: guardian.guardianId };
    const { gateway } = world.hospital(0);
    await world.run(gateway, 'registry:RegisterGuardian', guardianOf(world, other, namesake));
    expect((await carrier(byGuardian(other, namesake))).notices).toEqual([]);
    const removal = removalOf(world, other, namesake.guardianId, other);
    await world.run(gateway, 'registry:RemoveGuardian', removal);
    expect(causes(await carrier(byGuardian()))).toEqual(['opened']);
  });
});
