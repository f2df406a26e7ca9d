// SPDX-License-Identifier: Apache-2.0
import { beforeAll, expect, test } from '@jest/globals';
import type { StartCeremony } from '../domain/custody.js';
import { RECORDED_ONCE_REPLACED_MS, type SignedDegradedRequest } from '../domain/degraded.js';
import { runCeremony } from '../testing/ceremony.js';
import { acknowledgeDegraded, degradedStatementOf, signDegraded } from '../testing/degraded.js';
import type { Identity } from '../testing/identity.js';
import type { TestPatient } from '../testing/patient.js';
import type { PreparedRecord } from '../testing/record.js';
import { TestWorld } from '../testing/world.js';

type Shares = Awaited<ReturnType<typeof runCeremony>>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const HOSPITALS = ['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm'];

/** Epoch 1 was 2 of {Alder, Birch, Cedar}; since a day it is epoch 2, 3 of all five. */
let base: TestWorld;
let members: StartCeremony['members'];
let shares: Shares;
let requester: Identity;
let cosigner: Identity;
let stranger: Identity;
let patient: TestPatient;
let record: PreparedRecord;

beforeAll(async () => {
  base = await TestWorld.found(HOSPITALS, false, 3);
  members = base.hospitals.map(({ mspId }) => mspId);
  const early = await ceremony(base, { kind: 'dkg', threshold: 2, members: members.slice(0, 3) });
  base.ledger.advance(DAY_MS);
  shares = await ceremony(base, { kind: 'reshare', threshold: 3, members }, early);
  base.ledger.advance(DAY_MS);
  requester = await base.practitioner(base.hospital(0), 'physician');
  cosigner = await base.practitioner(base.hospital(2), 'physician');
  stranger = await base.practitioner(base.hospital(4), 'physician');
  for (const person of [requester, cosigner, stranger]) await base.passkey(person);
  patient = await base.patient(base.hospital(3));
  const author = await base.practitioner(base.hospital(3), 'physician');
  record = await base.store(author, patient, [{ category: 'summary' }]);
});

function ceremony(
  world: TestWorld,
  plan: Pick<StartCeremony, 'kind' | 'threshold' | 'members'>,
  held?: Shares,
): Promise<Shares> {
  const custodians = new Map(world.hospitals.map(({ mspId, custodian }) => [mspId, custodian]));
  const ceremonyId = world.names.id('ceremony') as StartCeremony['ceremonyId'];
  return runCeremony(world.ledger, custodians, { ceremonyId, ...plan }, held);
}

/** A reshare to 2 of so many members. */
function reshare(world: TestWorld, size: number, held: Shares): Promise<Shares> {
  return ceremony(world, { kind: 'reshare', threshold: 2, members: members.slice(0, size) }, held);
}

/** A request that the requester and the co-signer sign, in whose name it says it is. */
function request(
  world: TestWorld,
  change: Readonly<Record<string, unknown>> = {},
  named = requester,
): SignedDegradedRequest {
  const { recordId, version } = record.request;
  const segments = record.vault.manifest.segments.map(({ segmentId }) => ({ recordId, version, segmentId }));
  const plan = { requester: named, patient, segments, change };
  return signDegraded(world, degradedStatementOf(world, plan), { requester, cosigner });
}

const acknowledged = (world: TestWorld, of: SignedDegradedRequest, by: readonly number[]) =>
  by.map((at) => acknowledgeDegraded(world, world.hospital(at).custodian, of));
const report = (world: TestWorld, of: SignedDegradedRequest, by: readonly number[]) =>
  world.run(world.hospital(0).gateway, 'degraded:Report', {
    ...{ request: of, acknowledgements: acknowledged(world, of, by) },
  });
const post = (world: TestWorld, at: number, of: SignedDegradedRequest, by: readonly number[]) =>
  world.run(world.hospital(at).custodian, 'degraded:Post', {
    ...{ request: of, acknowledgements: acknowledged(world, of, by), released: true },
  });
const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });
const count = (world: TestWorld, kind: string) =>
  Object.keys(world.ledger.world()).filter((key) => key.startsWith(kind)).length;

test('attack 42: what t custodians of a set acknowledged in its time is recorded after any number of reshares, for one week', async () => {
  const world = base.fork();
  const asked = request(world, { declaredAt: world.at(4 * MINUTE_MS) });
  const first = await reshare(world, 3, shares);
  world.ledger.advance(HOUR_MS);
  await reshare(world, 2, first);
  world.ledger.advance(RECORDED_ONCE_REPLACED_MS - 2 * HOUR_MS);
  await report(world, asked, [0, 3, 4]);
  expect(count(world, 'emergency/')).toBe(1);
});

test('attack 38: t members of a set that was replaced a week ago write nothing, whatever time they claim', async () => {
  const world = base.fork();
  world.ledger.advance(RECORDED_ONCE_REPLACED_MS);
  const before = count(world, '');
  const claimed = { declaredAt: world.at(-RECORDED_ONCE_REPLACED_MS - 1.5 * DAY_MS) };
  for (const asked of [request(world, claimed), request(world, claimed, stranger)])
    await refuse(post(world, 0, asked, [0, 1]), 'EMERGENCY_EXPIRED');
  await refuse(report(world, request(world, claimed), [0, 1]), 'EMERGENCY_EXPIRED');
  expect(count(world, '')).toBe(before);
});

test('a custodian’s entry stands beside a recorded emergency, though the set of its time was replaced long ago', async () => {
  const world = base.fork();
  const asked = request(world);
  await post(world, 0, asked, [0, 3, 4]);
  await reshare(world, 3, shares);
  world.ledger.advance(RECORDED_ONCE_REPLACED_MS + DAY_MS);
  await post(world, 3, asked, [0, 3, 4]);
  expect(count(world, 'degraded-entry/')).toBe(2);
});

test('a set counts for no request from before its time or from after it', async () => {
  const world = base.fork();
  await reshare(world, 3, shares);
  for (const declaredAt of [world.at(-1.5 * DAY_MS), world.at(HOUR_MS)]) {
    const asked = request(world, { declaredAt });
    world.ledger.advance(HOUR_MS);
    await refuse(report(world, asked, [0, 3, 4]), 'TOO_FEW_ACKNOWLEDGEMENTS');
  }
});
