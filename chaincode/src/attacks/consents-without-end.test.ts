// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  CONSENT_PLACES,
  MAX_CONSENTED_RECORDS,
  MAX_GRANTS,
  RECORDS_PER_PLACE,
  type Consent,
  type SignedConsent,
} from '../domain/consent.js';
import { consentId as decodeConsentId } from '../domain/ids.js';
import type { Intent } from '../domain/intent.js';
import type { ReleaseContext } from '../domain/release.js';
import { CONSENTED_PURPOSES } from '../domain/vocabulary.js';
import { keys } from '../state/keys.js';
import { COMPARED_AT_ONCE } from '../state/in-turn.js';
import { turns } from '../state/turns.js';
import type { Identity } from '../testing/identity.js';
import type { TestPatient } from '../testing/patient.js';
import { putState } from '../testing/put-state.js';
import type { PreparedRecord } from '../testing/record.js';
import { commit, endorse, type Endorsed } from '../testing/runner.js';
import { TestWorld, type ConsentPlan } from '../testing/world.js';

const DAY_MS = 24 * 3_600_000;
const SEGMENTS = 256;

/** Birch reads. Its patient has as many standing consents as a handle can have, and each names as many records as it can. */
let base: TestWorld;
let reader: Identity;
let patient: TestPatient;
let records: readonly PreparedRecord[];
let full: readonly SignedConsent[];

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch', 'Cedar']);
  patient = await base.patient(base.hospital(1));
  const author = await base.practitioner(base.hospital(1), 'physician');
  reader = await base.practitioner(base.hospital(1), 'physician');
  const plan = Array.from({ length: 64 }, () => ({ category: 'notes' }) as const);
  const stored: PreparedRecord[] = [];
  while (stored.length * plan.length < SEGMENTS) stored.push(await base.store(author, patient, plan));
  records = stored;
  const named = records.map(({ request }) => request.recordId);
  const others = namesOf(base, RECORDS_PER_PLACE - named.length);
  const limits = { records: [...named, ...others].sort() };
  full = Array.from({ length: CONSENT_PLACES }, () =>
    base.consent(patient, { grantee: toBirch(), ...limits }),
  );
  await grantAll(base, full);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const toBirch = () => ({ kind: 'hospital', mspId: base.hospital(1).mspId }) as const;
const plain = (world: TestWorld, of: TestPatient, plan: Partial<ConsentPlan> = {}) =>
  world.consent(of, { grantee: toBirch(), ...plan });
const run = (world: TestWorld, name: string, request: object) =>
  world.run(world.hospital(2).gateway, name, request);
const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });

function namesOf(world: TestWorld, number: number): never[] {
  return Array.from({ length: number }, () => world.names.id('record') as never).sort();
}

/** A consent that names so many records. */
const naming = (world: TestWorld, of: TestPatient, number: number) =>
  plain(world, of, { records: namesOf(world, number) });

async function grantAll(world: TestWorld, consents: readonly SignedConsent[]): Promise<void> {
  for (let from = 0; from < consents.length; from += MAX_GRANTS)
    await run(world, 'consent:GrantMany', { consents: consents.slice(from, from + MAX_GRANTS) });
}

/** The next version of a consent, with what is changed. */
function next(
  world: TestWorld,
  of: TestPatient,
  { statement }: SignedConsent,
  plan: Partial<ConsentPlan> = {},
): SignedConsent {
  const { version, ...rest } = { ...statement, nonce: world.names.nonce() };
  const signedAt = world.ledger.now as never;
  return world.consent(of, { ...rest, signedAt, version: version + 1, ...plan });
}

async function listed(world: TestWorld, of: TestPatient): Promise<{ consents: Consent[]; more?: true }> {
  const { gateway } = world.homeOf(of);
  const { answer } = await world.run(gateway, 'consent:ListByHandle', { handle: of.handle });
  return answer as { consents: Consent[]; more?: true };
}

/** Ids of a patient's consents in one range of the ledger. */
function idsIn(world: TestWorld, kind: 'consent' | 'consent-ended', { handle }: TestPatient): string[] {
  const prefix = `${kind}/${handle}/`;
  const found = Object.keys(world.ledger.world()).filter((key) => key.startsWith(prefix));
  return found.map((key) => key.slice(prefix.length));
}

const allSegments = (asking = reader): object => {
  const segments = records.flatMap(({ request: { recordId }, vault: { manifest } }) =>
    manifest.segments.map(({ segmentId }) => ({ recordId, version: 1, segmentId })),
  );
  const [record] = records;
  if (record === undefined) throw new Error('no record');
  return base.intentRequest(asking, record, { segments });
};

/** The kinds of keys that a proposal read, one by one or as a range. */
function kindsRead({ stub: { rwset } }: Endorsed): readonly string[] {
  const read = [...rwset.reads.keys(), ...rwset.ranges.map(({ from }) => from)];
  return [...new Set(read.map((key) => key.split('\u0000')[1] ?? ''))];
}

describe('how many consents stand for one handle', () => {
  test('attack 44: a handle that has as many consents as it can have is granted no other, by any transaction', async () => {
    const world = base.fork();
    const other = plain(world, await world.patient(world.hospital(0)));
    await refuse(run(world, 'consent:Grant', plain(world, patient)), 'RATE_LIMITED');
    await refuse(run(world, 'consent:Grant', plain(world, patient, { decision: 'deny' })), 'RATE_LIMITED');
    const consents = [other, plain(world, patient)];
    await refuse(run(world, 'consent:GrantMany', { consents }), 'RATE_LIMITED');
    expect(idsIn(world, 'consent', patient)).toHaveLength(CONSENT_PLACES);
  });

  test('attack 44: a consent that names more records takes more places, in one transaction and in several', async () => {
    const world = base.fork();
    const other = await world.patient(world.hospital(0));
    const most = Array.from({ length: (CONSENT_PLACES * RECORDS_PER_PLACE) / MAX_CONSENTED_RECORDS }, () =>
      naming(world, other, MAX_CONSENTED_RECORDS),
    );
    const oneMore = [...most, plain(world, other)];
    await refuse(run(world, 'consent:GrantMany', { consents: oneMore }), 'RATE_LIMITED');
    await run(world, 'consent:GrantMany', { consents: most });
    await refuse(run(world, 'consent:Grant', plain(world, other)), 'RATE_LIMITED');
    const [one] = most;
    if (one === undefined) throw new Error('no consent');
    const smaller = next(world, other, one, { records: namesOf(world, 1) });
    await run(world, 'consent:Replace', smaller);
    const rest = naming(world, other, MAX_CONSENTED_RECORDS - RECORDS_PER_PLACE);
    await run(world, 'consent:Grant', rest);
    await refuse(run(world, 'consent:Grant', plain(world, other)), 'RATE_LIMITED');
    const two = { records: namesOf(world, RECORDS_PER_PLACE + 1) };
    await refuse(run(world, 'consent:Replace', next(world, other, smaller, two)), 'RATE_LIMITED');
    await world.revoke(other, rest);
    await expect(run(world, 'consent:Replace', next(world, other, smaller, two))).resolves.toBeDefined();
  });

  test('attack 44: two transactions at once do not both take the last place of a handle', async () => {
    const world = base.fork();
    await world.revoke(patient, full[7] as SignedConsent);
    const [one, two] = [plain(world, patient), plain(world, patient)];
    const { gateway } = world.hospital(2);
    const first = await endorse(world.ledger, gateway, 'consent:Grant', one);
    const second = await endorse(world.ledger, gateway, 'consent:Grant', two);
    expect([first, second].map(({ stub }) => world.ledger.commit(stub))).toEqual([
      'VALID',
      'MVCC_READ_CONFLICT',
    ]);
  });

  test('a consent that is replaced keeps its place when there is no other', async () => {
    const world = base.fork();
    const same = next(world, patient, full[3] as SignedConsent);
    await expect(run(world, 'consent:Replace', same)).resolves.toBeDefined();
    await expect(run(world, 'consent:Replace', next(world, patient, same))).resolves.toBeDefined();
    await refuse(run(world, 'consent:Grant', plain(world, patient)), 'RATE_LIMITED');
  });

  test('a consent that has ended makes room for another, and is kept', async () => {
    const world = base.fork();
    const other = await world.patient(world.hospital(0));
    const soon = { validUntil: world.at(DAY_MS) as never };
    const brief = Array.from({ length: CONSENT_PLACES }, () => plain(world, other, soon));
    await grantAll(world, brief);
    await refuse(run(world, 'consent:Grant', plain(world, other)), 'RATE_LIMITED');
    world.ledger.advance(2 * DAY_MS);
    await run(world, 'consent:Grant', plain(world, other));
    const [ended = ''] = idsIn(world, 'consent-ended', other);
    expect(idsIn(world, 'consent', other)).toHaveLength(CONSENT_PLACES);
    expect((await listed(world, other)).consents).toHaveLength(CONSENT_PLACES + 1);
    const asked = { handle: other.handle, consentId: ended };
    const { answer } = await world.run(world.hospital(0).gateway, 'consent:Get', asked);
    expect(answer).toMatchObject({ statement: { consentId: ended } });
  });

  test('a consent that ended more recently than two clocks may differ keeps its place', async () => {
    const world = base.fork();
    const other = await world.patient(world.hospital(0));
    const validUntil = world.at(DAY_MS) as never;
    const consents = Array.from({ length: CONSENT_PLACES }, () => plain(world, other, { validUntil }));
    await grantAll(world, consents);
    world.ledger.advance(DAY_MS + 10 * 60_000 - 1);
    await refuse(run(world, 'consent:Grant', plain(world, other)), 'RATE_LIMITED');
    world.ledger.advance(1);
    await expect(run(world, 'consent:Grant', plain(world, other))).resolves.toBeDefined();
  });
});

describe('what has ended', () => {
  /** A patient of Alder with a consent that ended long ago and was moved out of the way of another. */
  async function moved(world: TestWorld) {
    const other = await world.patient(world.hospital(0));
    const consent = plain(world, other, { validUntil: world.at(DAY_MS) as never });
    await run(world, 'consent:Grant', consent);
    world.ledger.advance(2 * DAY_MS);
    const rest = Array.from({ length: 16 }, () => naming(world, other, MAX_CONSENTED_RECORDS));
    await run(world, 'consent:GrantMany', { consents: rest });
    expect(idsIn(world, 'consent-ended', other)).toEqual([consent.statement.consentId]);
    await world.revoke(other, rest[0] as SignedConsent);
    return { other, consent };
  }

  test('attack 44: the id of a consent that has ended is not granted again', async () => {
    const world = base.fork();
    const { other, consent } = await moved(world);
    const { consentId } = consent.statement;
    await refuse(run(world, 'consent:Grant', plain(world, other, { consentId })), 'ALREADY_EXISTS');
    await world.revoke(patient, full[0] as SignedConsent);
    const { consentId: revoked } = full[0]?.statement ?? {};
    const again = plain(world, patient, { consentId: revoked as never });
    await refuse(run(world, 'consent:GrantMany', { consents: [again] }), 'ALREADY_EXISTS');
  });

  test('a consent that is over is replaced and stands again, and a revoked one is not', async () => {
    const world = base.fork();
    const { other, consent } = await moved(world);
    const { consentId } = consent.statement;
    const renewed = next(world, other, consent, { validUntil: world.at(DAY_MS) as never });
    await run(world, 'consent:Replace', renewed);
    expect(idsIn(world, 'consent', other)).toContain(consentId);
    expect(idsIn(world, 'consent-ended', other)).not.toContain(consentId);
    await world.revoke(other, renewed);
    expect(idsIn(world, 'consent', other)).not.toContain(consentId);
    const again = next(world, other, renewed, { validUntil: world.at(DAY_MS) as never });
    await refuse(run(world, 'consent:Replace', again), 'FORBIDDEN_TRANSITION');
    await refuse(run(world, 'consent:Revoke', world.revocation(other, renewed)), 'ALREADY_EXISTS');
  });

  test('a consent that is over is revoked for good', async () => {
    const world = base.fork();
    const { other, consent } = await moved(world);
    await world.revoke(other, consent);
    const again = next(world, other, consent, { validUntil: world.at(DAY_MS) as never });
    await refuse(run(world, 'consent:Replace', again), 'FORBIDDEN_TRANSITION');
  });

  test('attack 44: however many consents a stolen key granted and revoked, the chart opens by consent and in an emergency, and all is listed', async () => {
    const world = base.fork();
    const other = await world.patient(world.hospital(0));
    const author = await world.practitioner(world.hospital(0), 'physician');
    const record = await world.store(author, other, [{ category: 'summary' }]);
    const ended = await world.grant(other, { grantee: toBirch() });
    await world.revoke(other, ended);
    const { handle } = other;
    const of = `consent-ended/${handle}/${ended.statement.consentId}`;
    const value = world.ledger.world()[of] as Consent;
    const number = Array.from({ length: 10_016 }, (_, position) => position);
    const named = number.map((each) => {
      const consentId = decodeConsentId(`con_${String(each).padStart(22, '_')}`, 'consentId');
      const statement = { ...value.statement, consentId };
      return [keys.endedConsent(handle, consentId), { ...value, statement }] as const;
    });
    putState(world, named);
    const standing = await world.grant(other, { grantee: toBirch() });
    const intent = await world.declare(reader, record);
    expect(intent.segments).toMatchObject([{ decision: 'permit', consentId: standing.statement.consentId }]);
    const clinician = await world.practitioner(world.hospital(1), 'physician');
    const emergencyId = await world.emergency(clinician, other);
    const basis = { purpose: 'BTG', basis: { kind: 'emergency', emergencyId } };
    for (const { intentId } of [intent, await world.declare(clinician, record, basis)]) {
      const { custodian } = world.hospital(0);
      const { answer } = await world.run(custodian, 'access:GetReleaseContext', { intentId });
      expect((answer as ReleaseContext).consents.length).toBeLessThanOrEqual(1);
    }
    const { consents, more } = await listed(world, other);
    expect(consents[0]?.statement).toEqual(standing.statement);
    expect([consents.length, more]).toEqual([1 + 2 * CONSENT_PLACES, true]);
    const asOf = { handle, at: world.ledger.now };
    const { answer } = await world.run(world.hospital(0).gateway, 'consent:ListAsOf', asOf);
    expect((answer as { consents: Consent[] }).consents).toEqual([
      expect.objectContaining({ statement: standing.statement }),
    ]);
    const stranger = world.hospital(2).gateway;
    expect((await world.run(stranger, 'consent:ListByHandle', { handle })).answer).toEqual({ consents: [] });
  }, 60_000);
});

describe('what weighs consents', () => {
  /** How many pieces a hospital's work waited for, and how many it takes at least to compare so much. */
  const waitedFor = (taken: jest.SpiedFunction<typeof turns.piece>, mspId: string): number =>
    taken.mock.calls.filter(([of]) => of === mspId).length;
  const piecesFor = (segments: number, times: number): number =>
    Math.floor((segments * times * CONSENT_PLACES * (1 + RECORDS_PER_PLACE)) / COMPARED_AT_ONCE);

  test('attack 44: as many consents as there can be are weighed for as many segments in pieces', async () => {
    const taken = jest.spyOn(turns, 'piece');
    const { answer } = await endorse(base.ledger, reader, 'access:DeclareIntent', allSegments());
    const { segments } = answer as Intent;
    expect(segments.filter(({ decision }) => decision === 'permit')).toHaveLength(SEGMENTS);
    expect(waitedFor(taken, reader.mspId)).toBeGreaterThanOrEqual(piecesFor(SEGMENTS, 2));
  });

  test('attack 44: as many consents are weighed in pieces when records are looked for', async () => {
    const world = base.fork();
    const [home, elsewhere] = [world.hospital(1), world.hospital(0)];
    const grantee = { kind: 'hospital', mspId: elsewhere.mspId } as const;
    const other = await world.patient(home);
    const author = await world.practitioner(home, 'physician');
    await world.store(
      author,
      other,
      Array.from({ length: 64 }, () => ({ category: 'notes' }) as const),
    );
    const limits = { grantee, records: namesOf(world, RECORDS_PER_PLACE) };
    await grantAll(
      world,
      Array.from({ length: CONSENT_PLACES }, () => world.consent(other, limits)),
    );
    const looking = await world.practitioner(elsewhere, 'physician');
    const taken = jest.spyOn(turns, 'piece');
    await world.run(looking, 'record:ListByHandle', { handle: other.handle });
    expect(waitedFor(taken, elsewhere.mspId)).toBeGreaterThanOrEqual(
      piecesFor(64, CONSENTED_PURPOSES.length),
    );
  });

  test('attack 44: a long chart with few consents is listed and decided in few pieces, so that no costly work of others holds it up', async () => {
    const world = base.fork();
    const elsewhere = await world.practitioner(world.hospital(0), 'physician');
    const [one] = records;
    if (one === undefined) throw new Error('no record');
    const grantee = { kind: 'hospital', mspId: elsewhere.mspId } as const;
    await world.revoke(patient, full[0] as SignedConsent);
    await world.grant(patient, { grantee });
    const taken = jest.spyOn(turns, 'piece');
    const { answer } = await world.run(elsewhere, 'record:ListByHandle', { handle: patient.handle });
    expect((answer as { records: object[] }).records).toHaveLength(records.length);
    await endorse(world.ledger, elsewhere, 'access:DeclareIntent', allSegments(elsewhere));
    expect(waitedFor(taken, elsewhere.mspId)).toBeLessThan(16);
  });

  test('attack 44: a release in an emergency reads none of the patient’s consents', async () => {
    const world = base.fork();
    const clinician = await world.practitioner(world.hospital(0), 'physician');
    const emergencyId = await world.emergency(clinician, patient);
    const [record] = records as [PreparedRecord];
    const basis = { purpose: 'BTG', basis: { kind: 'emergency', emergencyId } };
    const { intentId } = await world.declare(clinician, record, basis);
    const { custodian } = world.hospital(2);
    const inEmergency = await endorse(world.ledger, custodian, 'access:GetReleaseContext', { intentId });
    expect(kindsRead(inEmergency)).not.toContain('consent');
    expect((inEmergency.answer as ReleaseContext).consents).toEqual([]);
    const byConsent = await endorse(world.ledger, reader, 'access:DeclareIntent', allSegments());
    expect(kindsRead(byConsent)).toContain('consent');
    commit(world.ledger, byConsent.stub);
  });

  test('a custodian gets the consents that name the reader’s hospital, and no others', async () => {
    const world = base.fork();
    const other = await world.patient(world.hospital(0));
    const author = await world.practitioner(world.hospital(0), 'physician');
    const record = await world.store(author, other, [{ category: 'notes' }]);
    const own = await world.grant(other, { grantee: toBirch() });
    const { mspId } = world.hospital(2);
    await world.grant(other, { grantee: { kind: 'hospital', mspId } });
    const { intentId } = await world.declare(reader, record);
    const { custodian } = world.hospital(2);
    const { answer } = await world.run(custodian, 'access:GetReleaseContext', { intentId });
    expect((answer as ReleaseContext).consents.map(({ statement }) => statement)).toEqual([own.statement]);
  });
});
