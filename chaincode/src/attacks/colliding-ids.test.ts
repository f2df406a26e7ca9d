// SPDX-License-Identifier: Apache-2.0
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { SignedConsent } from '../domain/consent.js';
import { DomainError } from '../domain/errors.js';
import type { Handle, RecordId } from '../domain/ids.js';
import { keys } from '../state/keys.js';
import { ownAuditRead } from '../testing/audit-read.js';
import { contestOf } from '../testing/contest.js';
import { guardianOf, newGuardian, removalOf, type TestGuardian } from '../testing/guardian.js';
import type { TestHospital } from '../testing/hospital.js';
import type { Identity } from '../testing/identity.js';
import { rotationRequest, withNewKey } from '../testing/key-rotation.js';
import { signed, type TestPatient } from '../testing/patient.js';
import type { PreparedRecord } from '../testing/record.js';
import { CommitFailure } from '../testing/runner.js';
import { TestWorld } from '../testing/world.js';
import { fetchNotices, noticesRequest } from '../testing/notices.js';

/** A patient with everything to which a client gives an id, and who reads for them at the third hospital. */
type Victim = Readonly<{
  patient: TestPatient;
  author: Identity;
  reader: Identity;
  guardian: TestGuardian;
  record: PreparedRecord;
  consent: SignedConsent;
  replaced: SignedConsent;
  ids: Readonly<Record<'intent' | 'erasure' | 'auditRead' | 'system' | 'nonce', string>>;
  emergencyId: string;
}>;

/** Another patient, of the same home hospital or of another, whose acts take the victim's ids. */
type Attacker = Readonly<{ world: TestWorld; home: TestHospital; physician: Identity; patient: TestPatient }>;
type Act = (attacker: Attacker) => Promise<unknown>;

/** No client chooses such a key: its first part is the caller's own hospital, a hash or key or transaction, or fixed. */
type Fixed = 'own hospital' | 'content' | 'fixed';

let base: TestWorld;
let victim: Victim;

beforeAll(async () => {
  base = await TestWorld.found();
  victim = await foundVictim(base);
});

/** For each kind of key: who but its owner could write it, and how that is tried. */
const KINDS: Readonly<Record<keyof typeof keys, Act | Fixed>> = {
  hospital: 'own hospital',
  practitioner: 'own hospital',
  pastPractitioner: 'own hospital',
  suspension: 'own hospital',
  passkey: 'content',
  person: 'own hospital',
  system: (by) => registerSystem(by, victim.ids.system),
  patient: registerHandle,
  guardian: nameGuardian,
  formerGuardian: nameGuardian,
  custodian: 'own hospital',
  custodianKeys: 'own hospital',
  record: registerRecord,
  recordOf: registerRecord,
  capsule: 'content',
  recordErased: (by) => eraseOwn(by),
  erasure: (by) => eraseOwn(by),
  erasureConfirmation: 'own hospital',
  retirement: ({ world, physician }) =>
    world.run(physician, 'record:Retire', { recordId: victim.record.request.recordId, version: 1 }),
  retirementWaiting: 'own hospital',
  retirementConfirmation: 'own hospital',
  nonce: ({ world, home, patient }) =>
    fetchNotices(
      world,
      home.gateway,
      noticesRequest(world, patient, home.mspId, { nonce: victim.ids.nonce }),
    ),
  ...{ consent: grantAndRevoke, consentPlace: grantAndRevoke, endedConsent: grantAndRevoke },
  pastConsent: grantAndReplace,
  read: readOwn,
  intent: ({ world, physician }) =>
    world.run(physician, 'access:DeclareIntent', {
      ...world.intentRequest(physician, victim.record),
      intentId: victim.ids.intent,
    }),
  emergency: (by) => openEmergency(by),
  emergencyOf: (by) => openEmergency(by),
  emergencyUse: (by) => openEmergency(by),
  emergencyDue: (by) => openEmergency(by),
  emergencyAbuse: (by) => openEmergency(by),
  emergencyContested: contestEmergency,
  contest: contestEmergency,
  notice: fetchAsGuardian,
  noticeShown: fetchAsGuardian,
  keyRotation: ({ world, home, patient }) => {
    const renewed = withNewKey({ ...patient, handle: victim.patient.handle });
    return world.run(
      elsewhere(world, home).registrar,
      'registry:RequestKeyRotation',
      rotationRequest(world, renewed),
    );
  },
  pendingAct: 'content',
  sighting: 'content',
  audit: 'content',
  auditRead: declareRead,
  custodians: 'fixed',
  custodiansOf: 'fixed',
  openCeremony: 'fixed',
  ceremony: ({ world, home }) =>
    world.run(home.custodian, 'custody:StartCeremony', {
      ...{ ceremonyId: `cer_${'c'.repeat(22)}`, kind: 'refresh', threshold: 2 },
      members: world.hospitals.map(({ mspId }) => mspId),
    }),
  ceremonyPart: 'own hospital',
  ceremonyPace: 'own hospital',
  ceremonyOutcome: 'fixed',
  period: 'fixed',
  heartbeat: 'own hospital',
  degradedVote: 'own hospital',
  pastVotes: 'own hospital',
  degradedRequest: 'content',
  degradedEntry: 'content',
  accusation: 'content',
};

const acts = Object.entries(KINDS).flatMap(([kind, row]) =>
  typeof row === 'string' ? [] : [{ kind, act: row }],
);

describe('ids that equal another patient’s of the same kind', () => {
  test('every kind of key says how that is tried, or why no client chooses it', () => {
    expect(Object.keys(KINDS).sort()).toEqual(Object.keys(keys).sort());
  });

  describe.each([
    { home: 'the same home hospital', at: 0 },
    { home: 'another hospital', at: 1 },
  ])('taken by a patient of $home', ({ at }) => {
    let attacker: Attacker;
    beforeEach(async () => {
      attacker = await foundAttacker(base.fork(), at);
    });

    test.each(acts)('attack 36: $kind', async ({ act }) => {
      const { world } = attacker;
      const before = world.ledger.world();
      await act(attacker).catch(unlessRefused);
      const after = world.ledger.world();
      expect(Object.fromEntries(Object.keys(before).map((key) => [key, after[key]]))).toEqual(before);
      const added = Object.keys(after).filter((key) => !(key in before));
      expect(added.filter((key) => key.includes(victim.patient.handle))).toEqual([]);
      expect(await viewOf(victim, world)).toEqual(await viewOf(victim, base.fork()));
    });
  });
});

/** How an endorser takes an id, and how the owner uses it afterwards. */
type Taken = Readonly<{ take: Act; use: Act }>;

/** Transactions that their clients prepare; an endorser that sees one could use its id in a transaction of its own. */
const CHOSEN: Readonly<Record<string, (at: Attacker) => Taken | Promise<Taken>>> = {
  handle: ({ world }) => {
    const home = world.hospital(0);
    const registration = world.patientRequest(world.newPatient(home));
    return {
      take: (by) => registerHandle(by, registration.handle),
      use: () => world.run(home.registrar, 'registry:RegisterPatient', registration),
    };
  },
  record: async ({ world }) => {
    const prepared = await world.prepare(victim.patient, [{ category: 'notes' }]);
    return {
      take: (by) => registerRecord(by, prepared.request.recordId),
      use: () => world.register(victim.author, prepared),
    };
  },
  intent: ({ world }) => {
    const request = world.intentRequest(victim.reader, victim.record);
    return {
      take: (by) => by.world.run(by.physician, 'access:DeclareIntent', request),
      use: () => world.run(victim.reader, 'access:DeclareIntent', request),
    };
  },
  emergency: async ({ world }) => {
    const request = await world.emergencyRequest(victim.reader, victim.patient);
    return {
      take: (by) => openEmergency(by, request.emergencyId),
      use: () => world.run(victim.reader, 'emergency:Open', request),
    };
  },
  erasure: async ({ world }) => {
    const { patient, author } = victim;
    const { request } = await world.store(author, patient, [{ category: 'notes' }]);
    const erasureId = world.ownId('erasure', patient.handle);
    const order = erasureOf(world, patient, request.recordId, erasureId);
    return {
      take: (by) => eraseOwn(by, erasureId),
      use: () => world.run(world.hospital(0).gateway, 'record:Erase', order),
    };
  },
  'reading of the audit': ({ world }) => {
    const { gateway, mspId } = world.hospital(0);
    const request = ownAuditRead(world, victim.patient, mspId);
    return {
      take: (by) => declareRead(by, request.auditReadId),
      use: () => world.run(gateway, 'audit:DeclareRead', request),
    };
  },
};

describe('an id that a client chooses', () => {
  test.each(Object.entries(CHOSEN))(
    'attack 36: %s is its owner’s alone: an endorser that sees it before it is ordered cannot take it first',
    async (_, choose) => {
      const attacker = await foundAttacker(base.fork(), 1);
      const { take, use } = await choose(attacker);
      await expect(take(attacker)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
      await expect(use(attacker)).resolves.toBeDefined();
    },
  );
});

/** What the victim's people still can: the reads that are left, and the guardian's notices. */
async function viewOf({ reader, record, patient, guardian }: Victim, world: TestWorld): Promise<unknown> {
  const readings = [];
  for (let reading = 0; reading < 3; reading += 1)
    readings.push(
      (await world.declare(reader, record)).segments.map((one) => ('code' in one ? one.code : 'permit')),
    );
  return { readings, notices: await noticesFor(world, patient, guardian) };
}

async function noticesFor(
  world: TestWorld,
  of: TestPatient,
  guardian: TestGuardian,
): Promise<readonly string[]> {
  const { guardianId, privateKey } = guardian;
  const { gateway, mspId } = world.hospital(2);
  const request = noticesRequest(world, { ...of, privateKey }, mspId, { guardianId });
  const fetched = await fetchNotices(world, gateway, request);
  return fetched.notices.map(({ handle, cause }) => `${handle} ${cause}`).sort();
}

function unlessRefused(error: unknown): void {
  if (!(error instanceof DomainError) && !(error instanceof CommitFailure)) throw error;
}

function elsewhere(world: TestWorld, { mspId }: TestHospital): TestHospital {
  return world.hospital(mspId === world.hospital(0).mspId ? 1 : 0);
}

const toHospitalOf = ({ mspId }: Identity) => ({ kind: 'hospital', mspId }) as const;

async function foundVictim(world: TestWorld): Promise<Victim> {
  const home = world.hospital(0);
  const patient = await world.patient(home);
  const author = await world.practitioner(home, 'physician');
  const reader = await world.practitioner(world.hospital(2), 'physician');
  const guardian = newGuardian(world);
  await world.run(home.gateway, 'registry:RegisterGuardian', guardianOf(world, patient, guardian));
  const record = await world.store(author, patient, [{ category: 'laboratory' }]);
  const replaced = await world.grant(patient, { grantee: toHospitalOf(reader), maxReads: 2 });
  const next = { ...replaced.statement, version: 2, maxReads: 3, nonce: world.names.nonce() };
  const consent = signed(patient, next);
  await world.run(home.gateway, 'consent:Replace', consent);
  const { intentId } = await world.declare(reader, record);
  const emergencyId = await world.emergency(reader, patient);
  const ids = {
    intent: intentId,
    erasure: world.ownId('erasure', patient.handle),
    auditRead: world.ownId('auditRead', home.mspId),
    ...{ system: world.names.id('system'), nonce: world.names.nonce() },
  };
  const found = { patient, author, reader, guardian, record, consent, replaced, emergencyId, ids };
  await takeOtherIds(world, found);
  return found;
}

/** Uses the ids that are left, so that somebody could be in the way of each. */
async function takeOtherIds(world: TestWorld, { patient, author, ids }: Victim): Promise<void> {
  const home = world.hospital(0);
  const request = noticesRequest(world, patient, home.mspId, { nonce: ids.nonce });
  await fetchNotices(world, home.gateway, request);
  const erased = await world.store(author, patient, [{ category: 'notes' }]);
  const order = erasureOf(world, patient, erased.request.recordId, ids.erasure);
  await world.run(home.gateway, 'record:Erase', order);
  const officer = await world.practitioner(home, 'privacy-officer');
  await world.run(officer, 'audit:DeclareRead', auditReadOf(world, patient.handle, ids.auditRead));
  await registerSystem({ world, home }, ids.system);
}

async function foundAttacker(world: TestWorld, at: number): Promise<Attacker> {
  const home = world.hospital(at);
  const [physician, patient] = [await world.practitioner(home, 'physician'), await world.patient(home)];
  await world.passkey(physician);
  return { world, home, physician, patient };
}

function erasureOf(world: TestWorld, by: TestPatient, recordId: RecordId, erasureId: string): object {
  const order = { v: 1, kind: 'erasure', channel: 'tutela', erasureId, recordId, handle: by.handle };
  return signed(by, { ...order, signedAt: world.ledger.now, nonce: world.names.nonce() });
}

function auditReadOf(world: TestWorld, of: Handle, auditReadId: string): object {
  const period = { from: world.at(-1_000), until: world.at(1_000) };
  return { auditReadId, scope: { kind: 'handle', handle: of }, ...period };
}

function registerSystem(
  { world, home }: Pick<Attacker, 'world' | 'home'>,
  systemId: string,
): Promise<unknown> {
  const request = { systemId, jwkThumbprint: world.names.bytes32(), scopes: ['records.read'] };
  return world.run(home.registrar, 'registry:RegisterSystem', request);
}

function registerHandle(
  { world, home, patient }: Attacker,
  handle = victim.patient.handle,
): Promise<unknown> {
  const renewed = withNewKey({ ...patient, handle });
  return world.run(home.registrar, 'registry:RegisterPatient', world.patientRequest(renewed));
}

async function nameGuardian({ world, home, patient }: Attacker): Promise<void> {
  const namesake = { ...newGuardian(world), guardianId: victim.guardian.guardianId };
  await world.run(home.gateway, 'registry:RegisterGuardian', guardianOf(world, patient, namesake));
  const removal = removalOf(world, patient, namesake.guardianId, patient);
  await world.run(home.gateway, 'registry:RemoveGuardian', removal);
}

async function fetchAsGuardian({ world, home, physician, patient }: Attacker): Promise<void> {
  const namesake = { ...newGuardian(world), guardianId: victim.guardian.guardianId };
  await world.run(home.gateway, 'registry:RegisterGuardian', guardianOf(world, patient, namesake));
  await world.emergency(physician, patient);
  expect(await noticesFor(world, patient, namesake)).toEqual([`${patient.handle} opened`]);
}

async function registerRecord(
  { world, physician, patient }: Attacker,
  recordId = victim.record.request.recordId,
): Promise<void> {
  const prepare = (version: number) =>
    world.prepare(patient, [{ category: 'laboratory' }], { recordId, version });
  await world.register(physician, await prepare(2)).catch(unlessRefused);
  await world.register(physician, await prepare(1));
}

async function eraseOwn(
  { world, home, physician, patient }: Attacker,
  erasureId = victim.ids.erasure,
): Promise<void> {
  const own = await world.store(physician, patient, [{ category: 'laboratory' }]);
  const order = erasureOf(world, patient, own.request.recordId, erasureId);
  await world.run(home.gateway, 'record:Erase', order);
}

const namesakeOf = ({ consent, reader }: Victim) => ({
  consentId: consent.statement.consentId,
  grantee: toHospitalOf(reader),
  maxReads: 3,
});

async function grantAndRevoke({ world, patient }: Attacker): Promise<void> {
  await world.revoke(patient, await world.grant(patient, namesakeOf(victim)));
}

async function grantAndReplace({ world, home, patient }: Attacker): Promise<void> {
  const { statement } = await world.grant(patient, namesakeOf(victim));
  const next = signed(patient, { ...statement, version: 2, nonce: world.names.nonce() });
  await world.run(home.gateway, 'consent:Replace', next);
}

async function readOwn({ world, physician, patient }: Attacker): Promise<void> {
  const own = await world.store(physician, patient, [{ category: 'laboratory' }]);
  await world.grant(patient, namesakeOf(victim));
  for (let reading = 0; reading < 3; reading += 1)
    expect((await world.declare(victim.reader, own)).segments).toMatchObject([{ decision: 'permit' }]);
}

function openEmergency(
  { world, physician, patient }: Attacker,
  emergencyId = victim.emergencyId,
): Promise<unknown> {
  return world.emergency(physician, patient, { emergencyId });
}

function contestEmergency({ world, home, patient }: Attacker): Promise<unknown> {
  return world.run(home.gateway, 'emergency:Contest', contestOf(world, patient, victim.emergencyId));
}

async function declareRead(
  { world, home, patient }: Attacker,
  auditReadId = victim.ids.auditRead,
): Promise<void> {
  const officer = await world.practitioner(home, 'privacy-officer');
  await world.run(officer, 'audit:DeclareRead', auditReadOf(world, patient.handle, auditReadId));
}
