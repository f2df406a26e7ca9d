// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { written } from '../../testing/expect-writes.js';
import type { Identity } from '../../testing/identity.js';
import { fetchNotices } from '../../testing/notices.js';
import type { TestPatient } from '../../testing/patient.js';
import { endorse } from '../../testing/runner.js';
import { TestWorld } from '../../testing/world.js';

const NOW = '2026-03-01T08:00:00.000Z';
const HOUR_MS = 3_600_000;
let base: TestWorld;
let clinician: Identity;
let second: Identity;
let reviewer: Identity;
/** Of the clinician’s own hospital, and of one that the patient and the clinician are not of. */
let ownReviewer: Identity;
let thirdReviewer: Identity;
let patient: TestPatient;

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch', 'Cedar'], false);
  clinician = await base.practitioner(base.hospital(1), 'physician');
  second = await base.practitioner(base.hospital(1), 'nurse');
  reviewer = await base.practitioner(base.hospital(0), 'privacy-officer');
  ownReviewer = await base.practitioner(base.hospital(1), 'privacy-officer');
  thirdReviewer = await base.practitioner(base.hospital(2), 'privacy-officer');
  patient = await base.patient(base.hospital(0));
});

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });
const open = (world: TestWorld, who: Identity) => world.emergency(who, patient, { timeBoxMinutes: 1 });

const verdictBy = (world: TestWorld, who: Identity, emergencyId: string, verdict: 'upheld' | 'abuse') =>
  world.run(who, 'emergency:Review', { emergencyId, verdict, findingsHash: world.names.bytes32() });

/** Lets the time box run out and the officers of the patient’s hospital take up the review. */
async function takeUp(world: TestWorld, emergencyId: string): Promise<void> {
  world.ledger.advance(60_000);
  await world.run(reviewer, 'emergency:BeginReview', { emergencyId });
}

/** The verdict of the patient’s hospital; abuse is found by the clinician’s own too. */
async function judge(world: TestWorld, emergencyId: string, verdict: 'upheld' | 'abuse'): Promise<void> {
  await takeUp(world, emergencyId);
  await verdictBy(world, reviewer, emergencyId, verdict);
  if (verdict === 'abuse') await verdictBy(world, ownReviewer, emergencyId, verdict);
}

async function metricsOf(world: TestWorld): Promise<unknown> {
  return (await world.run(second, 'emergency:Metrics', { mspId: 'BirchMSP' })).answer;
}

describe('emergency:Open', () => {
  test('writes the emergency, its place in the patient’s list, the quota’s use and the review that is due', async () => {
    const world = base.fork();
    const request = await world.emergencyRequest(clinician, patient);
    const { writes, audit, txId } = await written(world, clinician, 'emergency:Open', request);
    const { stepUp, ...facts } = request;
    const id = facts.emergencyId;
    const { practitionerId, personTag } = world.ledger.world()[`practitioner/BirchMSP/${clinician.id}`] as {
      practitionerId: string;
      personTag: string;
    };
    const person = { practitionerId, personTag };
    const certificate = expect.stringMatching(/^[0-9a-f]{64}$/);
    const reviewDueAt = '2026-03-02T08:00:00.000Z';
    expect(writes).toEqual({
      [`emergency/${id}`]: {
        ...facts,
        v: 1,
        state: 'requested',
        requester: { mspId: 'BirchMSP', ...person, certificate, at: NOW, txId, stepUp },
        expiresAt: '2026-03-01T09:00:00.000Z',
        reviewDueAt,
        reviews: [],
      },
      [`emergency-of/${patient.handle}/${id}`]: { v: 1 },
      [`emergency-use/BirchMSP/2026-03-01/${id}`]: { ...person, at: NOW },
      [`emergency-due/BirchMSP/${id}`]: { ...person, reviewDueAt },
      ...Object.fromEntries(
        ['AlderMSP/AlderMSP', `AlderMSP/${patient.handle}`, 'BirchMSP/BirchMSP'].map((place) => [
          `notice/${place}/${id}/opened`,
          expect.objectContaining({ cause: 'opened', at: NOW, txId }),
        ]),
      ),
    });
    expect(audit).toEqual({
      act: 'emergency-opened',
      actor: { mspId: 'BirchMSP', id: clinician.id, role: 'physician' },
      outcome: 'permitted',
      handle: patient.handle,
      purpose: 'BTG',
      emergencyId: id,
    });
    await refuse(world.run(clinician, 'emergency:Open', request), 'ALREADY_EXISTS');
  });

  test('is for active clinicians, for a patient who exists, in a time box of at most four hours', async () => {
    const world = base.fork();
    await refuse(world.emergency(reviewer, patient), 'CALLER_NOT_ENTITLED');
    await refuse(world.emergency(world.hospital(1).operator, patient), 'CALLER_NOT_ENTITLED');
    await refuse(
      world.emergency(clinician, { ...patient, handle: world.names.id('handle') as never }),
      'NOT_FOUND',
    );
    await refuse(world.emergency(clinician, patient, { timeBoxMinutes: 241 }), 'BAD_REQUEST');
  });
});

describe('quotas', () => {
  test('attack 34: a clinician opens five in a day, and the sixth only when the first is a day old', async () => {
    const world = base.fork();
    for (let count = 0; count < 5; count += 1) await world.cosign(second, await open(world, clinician));
    await refuse(open(world, clinician), 'EMERGENCY_QUOTA');
    await expect(open(world, second)).resolves.toBeDefined();
    world.ledger.advance(24 * HOUR_MS - 1);
    await refuse(open(world, clinician), 'EMERGENCY_QUOTA');
    world.ledger.advance(1);
    await expect(open(world, clinician)).resolves.toBeDefined();
  });

  test('attack 34: two at once cannot both be the fifth', async () => {
    const world = base.fork();
    for (let count = 0; count < 4; count += 1) await open(world, clinician);
    const simulate = async () =>
      endorse(world.ledger, clinician, 'emergency:Open', await world.emergencyRequest(clinician, patient));
    const [one, two] = [await simulate(), await simulate()];
    expect(world.ledger.commit(one.stub)).toBe('VALID');
    expect(world.ledger.commit(two.stub)).toBe('PHANTOM_READ_CONFLICT');
  });

  test('attack 34: a hospital opens fifty in a day, and half of that while anything stands against it', async () => {
    const world = base.fork();
    const last = await world.practitioner(world.hospital(1), 'physician');
    const clinicians = await Promise.all(
      Array.from({ length: 10 }, () => world.practitioner(world.hospital(1), 'physician')),
    );
    const openTwentyFive = async (from: number) => {
      for (const who of clinicians.slice(from, from + 5))
        for (let count = 0; count < 5; count += 1) await open(world, who);
    };
    await openTwentyFive(0);
    const halved = world.fork();
    await openTwentyFive(5);
    await refuse(open(world, last), 'EMERGENCY_QUOTA');
    const [first] = Object.keys(halved.ledger.world()).filter((key) => key.startsWith('emergency/'));
    const emergencyId = String(first).replace('emergency/', '');
    await takeUp(halved, emergencyId);
    for (const who of [reviewer, thirdReviewer]) await verdictBy(halved, who, emergencyId, 'abuse');
    await refuse(open(halved, last), 'EMERGENCY_QUOTA');
    expect(await metricsOf(halved)).toEqual({
      mspId: 'BirchMSP',
      opened: 25,
      openedInWindow: 25,
      noticesPending: 26,
      noticesOverdue: 0,
      awaitingReview: 24,
      overdue: 0,
      upheld: 0,
      abuse: 1,
      contested: 0,
      quota: 25,
    });
  });
});

describe('the second half of an emergency', () => {
  test('who acted alone is reviewed within a day, who was co-signed within three', async () => {
    const world = base.fork();
    const lone = await world.emergency(clinician, patient);
    const cosigned = await world.emergency(second, patient);
    const { answer } = await world.cosign(clinician, cosigned);
    expect(answer).toMatchObject({ reviewDueAt: '2026-03-04T08:00:00.000Z' });
    const dueOf = async (emergencyId: string) =>
      (await world.run(second, 'emergency:Get', { emergencyId })).answer;
    expect([await dueOf(lone), await dueOf(cosigned)]).toMatchObject([
      { reviewDueAt: '2026-03-02T08:00:00.000Z' },
      { reviewDueAt: '2026-03-04T08:00:00.000Z' },
    ]);
    world.ledger.advance(24 * HOUR_MS);
    await refuse(open(world, clinician), 'EMERGENCY_SUSPENDED');
    await expect(open(world, second)).resolves.toBeDefined();
  });

  test('attack 34: a clinician whose co-signer may act no more is reviewed like one who acted alone', async () => {
    const world = base.fork();
    const emergencyId = await open(world, clinician);
    await world.cosign(second, emergencyId);
    const leave = { practitionerId: second.id, status: 'suspended' };
    await world.run(world.hospital(1).registrar, 'registry:ChangePractitioner', leave);
    world.ledger.advance(24 * HOUR_MS);
    await refuse(open(world, clinician), 'EMERGENCY_SUSPENDED');
    const officer = await world.practitioner(world.hospital(1), 'privacy-officer');
    expect((await world.run(officer, 'emergency:ListDueReviews', {})).answer).toMatchObject({
      emergencies: [{ emergencyId, reviewDueAt: '2026-03-02T08:00:00.000Z' }],
    });
  });

  test('an overdue review suspends the clinician at once, everywhere, until the verdict', async () => {
    const world = base.fork();
    const emergencyId = await open(world, clinician);
    world.ledger.advance(24 * HOUR_MS - 1);
    await expect(open(world, clinician)).resolves.toBeDefined();
    world.ledger.advance(1);
    await refuse(open(world, clinician), 'EMERGENCY_SUSPENDED');
    const other = await open(world, second);
    await refuse(world.cosign(clinician, other), 'EMERGENCY_SUSPENDED');
    await judge(world, emergencyId, 'upheld');
    await expect(open(world, clinician)).resolves.toBeDefined();
  });

  test('attack 42: a hospital that finds abuse by its own clinician suspends that person alone, and loses no more than one that upholds', async () => {
    const world = base.fork();
    const emergencyId = await open(world, clinician);
    world.ledger.advance(60_000);
    await world.run(ownReviewer, 'emergency:BeginReview', { emergencyId });
    const { answer } = await verdictBy(world, ownReviewer, emergencyId, 'abuse');
    expect(answer).toMatchObject({ state: 'abuse' });
    await refuse(open(world, clinician), 'EMERGENCY_SUSPENDED');
    world.ledger.advance(72 * HOUR_MS);
    await refuse(open(world, clinician), 'EMERGENCY_SUSPENDED');
    expect(await metricsOf(world)).toMatchObject({ overdue: 0, abuse: 1, awaitingReview: 0, quota: 50 });
    const due = await world.run(ownReviewer, 'emergency:ListDueReviews', {});
    expect(due.answer).toEqual({ emergencies: [] });
    await expect(open(world, second)).resolves.toBeDefined();
  });

  test('attack 42: a hospital takes back nothing of what two others found by agreeing or by upholding', async () => {
    const world = base.fork();
    const emergencyId = await open(world, clinician);
    await takeUp(world, emergencyId);
    for (const who of [reviewer, thirdReviewer, ownReviewer])
      await verdictBy(world, who, emergencyId, 'abuse');
    expect(await metricsOf(world)).toMatchObject({ abuse: 1, quota: 25 });
    const { answer } = await verdictBy(world, ownReviewer, emergencyId, 'upheld');
    expect(answer).toMatchObject({ state: 'abuse' });
    expect(await metricsOf(world)).toMatchObject({ abuse: 1, quota: 25 });
    await refuse(open(world, clinician), 'EMERGENCY_SUSPENDED');
  });

  test('attack 42: abuse that one hospital found of another’s clinician is told to every privacy office, so that one may join', async () => {
    const world = base.fork();
    const emergencyId = await open(world, clinician);
    await takeUp(world, emergencyId);
    const causes = async () => {
      const { notices } = await fetchNotices(world, thirdReviewer, { emergencyId });
      return notices.map(({ cause }) => cause);
    };
    expect(await causes()).toEqual([]);
    await verdictBy(world, reviewer, emergencyId, 'abuse');
    expect(await causes()).toEqual(['judged']);
    await expect(verdictBy(world, thirdReviewer, emergencyId, 'abuse')).resolves.toBeDefined();
  });

  test('a verdict of abuse by two hospitals suspends the person, under every enrolment', async () => {
    const world = base.fork();
    const personTag = world.names.bytes32();
    const first = await world.practitioner(world.hospital(1), 'physician', personTag);
    const again = await world.practitioner(world.hospital(1), 'medical-officer', personTag);
    await judge(world, await open(world, first), 'abuse');
    for (const who of [first, again]) await refuse(open(world, who), 'EMERGENCY_SUSPENDED');
    await expect(open(world, clinician)).resolves.toBeDefined();
  });

  test('the verdict removes what was due, and abuse leaves a mark once the clinician’s own hospital found it too', async () => {
    const world = base.fork();
    const emergencyId = await open(world, clinician);
    await takeUp(world, emergencyId);
    const request = { emergencyId, verdict: 'abuse', findingsHash: world.names.bytes32() };
    const before = world.ledger.world()[`emergency/${emergencyId}`] as object;
    const wordOf = ({ id }: Identity) =>
      expect.objectContaining({
        practitionerId: id,
        verdict: 'abuse',
        findingsHash: request.findingsHash,
      }) as unknown;
    const notices = {
      [`notice/AlderMSP/AlderMSP/${emergencyId}/judged`]: expect.anything(),
      [`notice/AlderMSP/${patient.handle}/${emergencyId}/judged`]: expect.anything(),
      [`notice/BirchMSP/BirchMSP/${emergencyId}/judged`]: expect.anything(),
    };
    const first = await written(world, reviewer, 'emergency:Review', request);
    expect(first.writes).toEqual({
      [`emergency/${emergencyId}`]: { ...before, state: 'under-review', reviews: [wordOf(reviewer)] },
      ...notices,
      [`notice/CedarMSP/CedarMSP/${emergencyId}/judged`]: expect.anything(),
    });
    expect(first.audit).toMatchObject({ act: 'emergency-reviewed', actor: { role: 'privacy-officer' } });
    const second = await written(world, ownReviewer, 'emergency:Review', request);
    expect(second.writes).toEqual({
      [`emergency/${emergencyId}`]: {
        ...before,
        state: 'abuse',
        reviews: [wordOf(reviewer), wordOf(ownReviewer)],
      },
      [`emergency-due/BirchMSP/${emergencyId}`]: null,
      [`emergency-abuse/BirchMSP/${emergencyId}`]: expect.objectContaining({
        practitionerId: clinician.id,
        foundByOthers: false,
      }),
      ...notices,
    });
  });

  test('attack 42: one hospital’s verdict of abuse takes no right from another hospital’s clinician', async () => {
    const world = base.fork();
    const emergencyId = await open(world, clinician);
    await takeUp(world, emergencyId);
    const again = await world.practitioner(world.hospital(0), 'medical-officer');
    const { answer } = await verdictBy(world, reviewer, emergencyId, 'abuse');
    expect(answer).toMatchObject({
      state: 'under-review',
      reviews: [{ mspId: 'AlderMSP', verdict: 'abuse' }],
    });
    await refuse(verdictBy(world, again, emergencyId, 'abuse'), 'FORBIDDEN_TRANSITION');
    await expect(open(world, clinician)).resolves.toBeDefined();
    expect((await world.run(second, 'emergency:Metrics', { mspId: 'BirchMSP' })).answer).toMatchObject({
      abuse: 0,
      quota: 50,
    });
    const { answer: upheld } = await verdictBy(world, ownReviewer, emergencyId, 'upheld');
    expect(upheld).toMatchObject({ state: 'upheld' });
    world.ledger.advance(72 * HOUR_MS);
    expect(world.ledger.world()).not.toHaveProperty(`emergency-due/BirchMSP/${emergencyId}`);
  });

  test('a third hospital joins in what one concerned found of a clinician whose own hospital upholds it', async () => {
    const world = base.fork();
    const emergencyId = await open(world, clinician);
    await takeUp(world, emergencyId);
    await refuse(verdictBy(world, thirdReviewer, emergencyId, 'abuse'), 'CALLER_NOT_ENTITLED');
    await verdictBy(world, ownReviewer, emergencyId, 'upheld');
    await verdictBy(world, reviewer, emergencyId, 'abuse');
    await refuse(verdictBy(world, thirdReviewer, emergencyId, 'upheld'), 'CALLER_NOT_ENTITLED');
    expect((await world.run(thirdReviewer, 'emergency:Get', { emergencyId })).answer).toMatchObject({
      state: 'upheld',
    });
    const { answer } = await verdictBy(world, thirdReviewer, emergencyId, 'abuse');
    expect(answer).toMatchObject({ state: 'abuse' });
    await refuse(open(world, clinician), 'EMERGENCY_SUSPENDED');
  });

  test('attack 42: a hospital takes its verdict of abuse back, and the other cannot prevent it or go on writing', async () => {
    const world = base.fork();
    const emergencyId = await open(world, clinician);
    await judge(world, emergencyId, 'abuse');
    await refuse(open(world, clinician), 'EMERGENCY_SUSPENDED');
    const { answer } = await verdictBy(world, ownReviewer, emergencyId, 'upheld');
    expect(answer).toMatchObject({ state: 'upheld' });
    await expect(open(world, clinician)).resolves.toBeDefined();
    for (const who of [reviewer, ownReviewer])
      await refuse(verdictBy(world, who, emergencyId, 'abuse'), 'FORBIDDEN_TRANSITION');
    await verdictBy(world, reviewer, emergencyId, 'upheld');
    await refuse(verdictBy(world, reviewer, emergencyId, 'upheld'), 'FORBIDDEN_TRANSITION');
  });

  test('in a consortium of two the clinician’s own hospital decides', async () => {
    const world = await TestWorld.found(['Alder', 'Birch'], false);
    const own = await world.practitioner(world.hospital(0), 'physician');
    const home = await world.practitioner(world.hospital(1), 'privacy-officer');
    const other = await world.practitioner(world.hospital(0), 'privacy-officer');
    const someone = await world.patient(world.hospital(1));
    const emergencyId = await world.emergency(own, someone, { timeBoxMinutes: 1 });
    world.ledger.advance(60_000);
    await world.run(home, 'emergency:BeginReview', { emergencyId });
    await verdictBy(world, home, emergencyId, 'abuse');
    await expect(world.emergency(own, someone)).resolves.toBeDefined();
    await verdictBy(world, other, emergencyId, 'abuse');
    await refuse(world.emergency(own, someone), 'EMERGENCY_SUSPENDED');
  });

  test('a co-signing medical officer of another hospital is the duty officer too; one of the same hospital is not', async () => {
    const world = base.fork();
    const foreign = await world.practitioner(world.hospital(2), 'medical-officer');
    const own = await world.practitioner(world.hospital(1), 'medical-officer');
    const cosigned = async (by: Identity) => {
      const emergencyId = await open(world, clinician);
      return (await world.cosign(by, emergencyId)).answer;
    };
    expect(await cosigned(foreign)).toMatchObject({ dutyOfficer: { practitionerId: foreign.id } });
    expect(await cosigned(own)).not.toHaveProperty('dutyOfficer');
  });

  test('what is due is listed to the officers of the requester’s hospital, soonest first', async () => {
    const world = base.fork();
    const officer = await world.practitioner(world.hospital(1), 'privacy-officer');
    const first = await open(world, clinician);
    world.ledger.advance(1000);
    const later = await open(world, second);
    const { answer } = await world.run(officer, 'emergency:ListDueReviews', {});
    const { emergencies } = answer as { emergencies: { emergencyId: string }[] };
    expect(emergencies.map((one) => one.emergencyId)).toEqual([first, later]);
    await refuse(world.run(second, 'emergency:ListDueReviews', {}), 'CALLER_NOT_ENTITLED');
    expect((await world.run(reviewer, 'emergency:ListDueReviews', {})).answer).toEqual({ emergencies: [] });
  });
});
