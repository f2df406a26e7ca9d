// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SignedConsent } from '../domain/consent.js';
import { DomainError } from '../domain/errors.js';
import { consentId, guardianId, type ConsentId, type GuardianId } from '../domain/ids.js';
import { guardianOf, newGuardian, removalOf, type TestGuardian } from '../testing/guardian.js';
import type { Identity } from '../testing/identity.js';
import { signed, type TestPatient } from '../testing/patient.js';
import type { PreparedRecord } from '../testing/record.js';
import { TestWorld } from '../testing/world.js';
import { fetchNotices, noticesRequest } from '../testing/notices.js';

const RUNS = 20;

let base: TestWorld;
let reader: Identity;

beforeAll(async () => {
  base = await TestWorld.found();
  reader = await base.practitioner(base.hospital(2), 'physician');
});

/** One act of one of two patients, with one of two ids that both use. */
type Move = Readonly<{ by: 0 | 1; act: keyof typeof MOVES; id: 0 | 1 }>;

/** A patient who acts at random, with the clinicians of the own emergencies and what was signed so far. */
type Player = Readonly<{
  patient: TestPatient;
  clinician: Identity;
  record: PreparedRecord;
  consents: Map<ConsentId, SignedConsent>;
  guardians: Map<GuardianId, TestGuardian>;
}>;
type Play = (world: TestWorld, player: Player, id: number) => Promise<unknown>;

const consentIdOf = (id: number): ConsentId => consentId(`con_${String(id).repeat(22)}`, 'id');
const guardianIdOf = (id: number): GuardianId => guardianId(`gu_${String(id).repeat(22)}`, 'id');

const MOVES = {
  grant: async (world, { patient, consents }, id) => {
    const plan = {
      consentId: consentIdOf(id),
      grantee: { kind: 'hospital', mspId: reader.mspId } as const,
      maxReads: 2,
    };
    consents.set(consentIdOf(id), await world.grant(patient, plan));
  },
  revoke: async (world, player, id) => {
    await world.revoke(player.patient, consentOf(player, id));
  },
  replace: async (world, player, id) => {
    const { statement } = consentOf(player, id);
    const version = statement.version + 1;
    const next = signed(player.patient, { ...statement, version, nonce: world.names.nonce() });
    await world.run(world.homeOf(player.patient).gateway, 'consent:Replace', next);
    player.consents.set(statement.consentId, next);
  },
  read: async (world, { record }) => {
    const { segments } = await world.declare(reader, record);
    return segments.map((one) => ('code' in one ? one.code : one.consentId));
  },
  emergency: async (world, { clinician, patient }) => {
    await world.emergency(clinician, patient);
  },
  name: async (world, { patient, guardians }, id) => {
    const guardian = { ...newGuardian(world), guardianId: guardianIdOf(id) };
    await world.run(
      world.hospital(2).gateway,
      'registry:RegisterGuardian',
      guardianOf(world, patient, guardian),
    );
    guardians.set(guardian.guardianId, guardian);
  },
  remove: async (world, { patient }, id) => {
    const removal = removalOf(world, patient, guardianIdOf(id), patient);
    await world.run(world.hospital(2).gateway, 'registry:RemoveGuardian', removal);
  },
  fetch: async (world, { patient, guardians }, id) => {
    const guardian = guardians.get(guardianIdOf(id));
    return guardian && noticesFor(world, patient, guardian);
  },
} as const satisfies Readonly<Record<string, Play>>;

function consentOf({ consents }: Player, id: number): SignedConsent {
  const consent = consents.get(consentIdOf(id));
  if (consent === undefined) throw new DomainError('NOT_FOUND', 'not granted yet');
  return consent;
}

/** What became of the first patient's acts: answers and codes. */
async function play(moves: readonly Move[], players: readonly Player[]): Promise<readonly unknown[]> {
  const world = base.fork();
  const fresh = players.map((player) => ({ ...player, consents: new Map(), guardians: new Map() }));
  const outcomes: unknown[] = [];
  for (const { by, act, id } of moves) {
    const player = fresh[by];
    if (player === undefined) throw new Error('no such player');
    const outcome = await MOVES[act](world, player, id).catch(codeOf);
    if (by === 0) outcomes.push([act, outcome]);
  }
  return outcomes;
}

function codeOf(error: unknown): string {
  if (error instanceof DomainError) return error.code;
  throw error;
}

async function newPlayer(at: number): Promise<Player> {
  const home = base.hospital(at);
  const patient = await base.patient(home);
  const clinician = await base.practitioner(home, 'physician');
  const record = await base.store(clinician, patient, [{ category: 'laboratory' }]);
  return { patient, clinician, record, consents: new Map(), guardians: new Map() };
}

describe('two patients who use the same ids', () => {
  const move = fc.record({
    by: fc.constantFrom(0 as const, 1 as const),
    act: fc.constantFrom(...(Object.keys(MOVES) as (keyof typeof MOVES)[])),
    id: fc.constantFrom(0 as const, 1 as const),
  });

  test.each([0, 1])(
    'attack 36: two patients with the same ids never affect each other, the second being of hospital %i',
    async (at) => {
      const players = [await newPlayer(0), await newPlayer(at)];
      await fc.assert(
        fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 30 }), async (moves) => {
          const alone = moves.filter(({ by }) => by === 0);
          expect(await play(moves, players)).toEqual(await play(alone, players));
        }),
        { numRuns: RUNS },
      );
    },
    120_000,
  );
});

/** How many notices wait for a guardian, or were shown already. */
async function noticesFor(world: TestWorld, of: TestPatient, guardian: TestGuardian): Promise<number> {
  const { guardianId, privateKey } = guardian;
  const { gateway, mspId } = world.hospital(2);
  const request = noticesRequest(world, { ...of, privateKey }, mspId, { guardianId });
  const fetched = await fetchNotices(world, gateway, request);
  return fetched.notices.length;
}
