// SPDX-License-Identifier: Apache-2.0
import { KeyObject } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MAX_CHANGES } from '../domain/registry.js';
import { turns } from '../state/turns.js';
import { acknowledgeDegraded, degradedStatementOf, signDegraded } from '../testing/degraded.js';
import { enrol, type Identity } from '../testing/identity.js';
import { newKey, uncompressed, type TestPatient } from '../testing/patient.js';
import type { PreparedRecord } from '../testing/record.js';
import { endorse } from '../testing/runner.js';
import { TestWorld } from '../testing/world.js';

const DAY_MS = 24 * 3_600_000;
const KEYS = 32;
/** The turn in which a transaction begins. */
const BEGINNING = 1;

/** Alder is honest. Birch has changed the key of its custodian many times. */
let world: TestWorld;
let team: Readonly<{ requester: Identity; cosigner: Identity }>;
/** Birch’s custodian with its newest key. */
let renewed: Identity;
let patient: TestPatient;
let record: PreparedRecord;
beforeAll(async () => {
  world = await TestWorld.found();
  const [, birch] = world.hospitals;
  if (birch === undefined) throw new Error('no second hospital');
  team = {
    requester: await world.practitioner(birch, 'physician'),
    cosigner: await world.practitioner(birch, 'nurse'),
  };
  for (const person of [team.requester, team.cosigner]) await world.passkey(person);
  world.ledger.advance(DAY_MS);
  patient = await world.patient(world.hospital(0));
  const author = await world.practitioner(world.hospital(0), 'physician');
  record = await world.store(author, patient, [{ category: 'summary' }]);
  renewed = await enrol(birch.mspId, birch.custodian.id, 'custodian');
  for (let changed = 1; changed < KEYS; changed += 1)
    await world.run(birch.custodian, 'registry:RegisterCustodian', {
      url: 'https://birch.example:7443',
      publicKey: changed === KEYS - 1 ? keyOf(renewed) : newKey().publicKey,
    });
});
afterEach(() => {
  jest.restoreAllMocks();
});

function keyOf({ keys }: Identity): string {
  return uncompressed(KeyObject.from(keys.privateKey));
}

function request() {
  const { recordId, version } = record.request;
  const segments = record.vault.manifest.segments.map(({ segmentId }) => ({ recordId, version, segmentId }));
  return signDegraded(world, degradedStatementOf(world, { ...team, patient, segments }), team);
}

/** How many turns a proposal takes that is never ordered. */
async function turnsOf(at: number, transaction: string, asked: object): Promise<number> {
  const taken = jest.spyOn(turns, 'piece');
  const as = transaction === 'degraded:Report' ? world.hospital(at).gateway : world.hospital(at).custodian;
  await endorse(world.ledger, as, transaction, asked).catch(() => undefined);
  const { length } = taken.mock.calls;
  taken.mockRestore();
  return length;
}

describe('one hospital that has signatures verified without end, and never orders', () => {
  const acknowledged = (of = request()) => {
    const words = [0, 1].map((at) => acknowledgeDegraded(world, world.hospital(at).custodian, of));
    return { request: of, words };
  };

  test.each([
    ['degraded:Post', { released: true }],
    ['degraded:Report', {}],
  ])(
    'attack 44: each key that %s tries for a false acknowledgement waits for a turn of its own',
    async (name, more) => {
      const { request: of, words } = acknowledged();
      const [other, own] = words;
      const forged = { ...own, signature: other?.signature };
      const taken = await turnsOf(1, name, { request: of, acknowledgements: [forged], ...more });
      expect(taken).toBeGreaterThanOrEqual(BEGINNING + KEYS);
    },
  );

  test('attack 44: each key that an accusation tries waits for a turn of its own', async () => {
    const bytes = world.names.bytes32();
    const { recordId, version } = record.request;
    const segmentId = record.request.labels[0]?.segmentId;
    const reply = {
      ...{ v: 2, suite: 1, channel: 'tutela', intentId: world.names.id('intent') },
      ...{ capsuleHash: bytes, transcriptHash: bytes },
      ...{ segment: { recordId, version, segmentId }, label: bytes, epoch: 1, index: 1, sealed: 'AAAA' },
      ...{ shareHash: bytes, height: 1, blockHash: bytes, journalHead: bytes },
    };
    const signature = acknowledged().words[0]?.signature;
    const asked = { custodian: world.hospital(1).mspId, evidence: { reply, signature }, share: bytes };
    expect(await turnsOf(2, 'custody:Accuse', asked)).toBe(BEGINNING + KEYS);
  });

  test('a custodian’s newest key is tried first', async () => {
    const of = request();
    const asked = {
      ...{ request: of, released: true },
      acknowledgements: [acknowledgeDegraded(world, renewed, of)],
    };
    // Its own acknowledgement, and the signatures of the two clinicians.
    expect(await turnsOf(1, 'degraded:Post', asked)).toBe(BEGINNING + 3);
  });

  test('attack 44: a clinician’s false signature is verified once for each key and passkey, however many versions there are', async () => {
    const { registrar } = world.hospital(1);
    const { requester } = team;
    const change = (of: object) =>
      world.run(registrar, 'registry:ChangePractitioner', { practitionerId: requester.id, ...of });
    for (let changed = 0; changed < 3 * MAX_CHANGES; changed += 1) {
      if (changed % MAX_CHANGES === 0) world.ledger.advance(2 * DAY_MS);
      const other = changed % 3 === 0 ? newKey().publicKey : keyOf(requester);
      await change({ department: `ward-${String(changed)}`, publicKey: other });
    }
    const of = request();
    const forged = { ...of, requester: { ...of.requester, signature: of.cosigner.signature } };
    const [own] = acknowledged(forged).words;
    const asked = { request: forged, acknowledgements: [own], released: true };
    // Alder's acknowledgement, and the requester's signature with the passkey and before there was one.
    expect(await turnsOf(0, 'degraded:Post', asked)).toBe(BEGINNING + 3);
  });
});
