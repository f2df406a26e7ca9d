// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { KeyObject } from 'node:crypto';
import type {
  DegradedPage,
  DegradedRequest,
  SignedAcknowledgement,
  SignedDegradedRequest,
} from '../domain/degraded.js';
import { acknowledgeDegraded, degradedStatementOf, signDegraded } from '../testing/degraded.js';
import type { Identity } from '../testing/identity.js';
import { uncompressed, type TestPatient } from '../testing/patient.js';
import type { PreparedRecord } from '../testing/record.js';
import { TestWorld } from '../testing/world.js';

const HOUR_MS = 3_600_000;

/** Three hospitals, two of which open a record; the clinicians are of the second, which is hostile. */
let base: TestWorld;
let requester: Identity;
let cosigner: Identity;
let patient: TestPatient;
let record: PreparedRecord;

beforeAll(async () => {
  base = await TestWorld.found();
  requester = await base.practitioner(base.hospital(1), 'physician');
  cosigner = await base.practitioner(base.hospital(1), 'nurse');
  for (const person of [requester, cosigner]) await base.passkey(person);
  patient = await base.patient(base.hospital(0));
  const author = await base.practitioner(base.hospital(0), 'physician');
  record = await base.store(author, patient, [{ category: 'summary' }]);
  for (const { custodian } of base.hospitals) await base.run(custodian, 'degraded:Vote', { mode: 'on' });
  base.ledger.advance(HOUR_MS);
});

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });

function request(
  world: TestWorld,
  change: Readonly<Record<string, unknown>> = {},
  team = { requester, cosigner },
): SignedDegradedRequest {
  const { recordId, version } = record.request;
  const segments = record.vault.manifest.segments.map(({ segmentId }) => ({ recordId, version, segmentId }));
  const plan = { requester: team.requester, patient, segments, change };
  return signDegraded(world, degradedStatementOf(world, plan), team);
}

/** The acknowledgements of t custodians. */
const acknowledged = (world: TestWorld, of: SignedDegradedRequest) =>
  [0, 2].map((at) => acknowledgeDegraded(world, world.hospital(at).custodian, of));
const post = (
  world: TestWorld,
  at: number,
  of: SignedDegradedRequest,
  acknowledgements: readonly SignedAcknowledgement[],
) =>
  world.run(world.hospital(at).custodian, 'degraded:Post', {
    ...{ request: of, acknowledgements, released: true },
  });

function opened(world: TestWorld): DegradedRequest['opened'] {
  const [found] = Object.entries(world.ledger.world()).flatMap(([key, value]) =>
    key.startsWith('degraded-request/') ? [value as DegradedRequest] : [],
  );
  return found?.opened;
}

function named(world: TestWorld): readonly string[] {
  return Object.keys(world.ledger.world()).filter((key) => key.startsWith('emergency'));
}

async function listed(world: TestWorld): Promise<DegradedPage['entries']> {
  const { answer } = await world.run(world.hospital(0).custodian, 'degraded:ListEntries', { pageSize: 10 });
  return (answer as DegradedPage).entries;
}

describe('attack 42: what t custodians acknowledged and clinicians signed is recorded', () => {
  test('attack 42: what a hospital says of its own clinician’s status, role or key keeps no emergency off the record', async () => {
    const change = (world: TestWorld, of: object) =>
      world.run(world.hospital(1).registrar, 'registry:ChangePractitioner', {
        ...{ practitionerId: requester.id, ...of },
      });
    const rekeyed = base.fork();
    await change(rekeyed, { publicKey: uncompressed(KeyObject.from(cosigner.keys.privateKey)) });
    rekeyed.ledger.advance(HOUR_MS);
    const reinstated = base.fork();
    await change(reinstated, { status: 'suspended' });
    reinstated.ledger.advance(4 * HOUR_MS);
    await change(reinstated, { status: 'active' });
    reinstated.ledger.advance(HOUR_MS / 2);
    const withheld = base.fork();
    await change(withheld, { status: 'suspended' });
    withheld.ledger.advance(HOUR_MS / 4);
    const pharmacist = base.fork();
    await change(pharmacist, { role: 'pharmacist' });
    pharmacist.ledger.advance(HOUR_MS);
    const alone = base.fork();
    for (const [world, asked, codes] of [
      [rekeyed, request(rekeyed), ['CALLER_UNKNOWN']],
      [reinstated, request(reinstated, { declaredAt: reinstated.at(-3 * HOUR_MS) }), ['CALLER_INACTIVE']],
      [withheld, request(withheld), ['CALLER_INACTIVE']],
      [pharmacist, request(pharmacist), ['CALLER_NOT_ENTITLED', 'ROLE_NOT_ENTITLED']],
      [alone, request(alone, {}, { requester, cosigner: requester }), ['EMERGENCY_SAME_PERSON']],
    ] as const) {
      const { txId } = await post(world, 0, asked, acknowledged(world, asked));
      expect(opened(world)).toMatchObject({ against: codes });
      const state = world.ledger.world();
      expect(state[`audit/${txId}`]).toMatchObject({ outcome: 'permitted', handle: patient.handle, codes });
      for (const kind of ['notice/', 'emergency-due/', 'emergency-use/'])
        expect(Object.keys(state).some((key) => key.startsWith(kind))).toBe(true);
    }
  });

  test('attack 42: what t custodians acknowledged and no key of the clinicians signed names patient and hospital, and no clinician', async () => {
    const world = base.fork();
    const asked = request(world);
    const stranger = { ...asked, cosigner: { ...asked.cosigner, assertion: asked.requester.assertion } };
    const { txId } = await post(world, 0, stranger, acknowledged(world, stranger));
    expect(await listed(world)).toMatchObject([{ opened: false, proven: false }]);
    const entry = world.ledger.world()[`audit/${txId}`];
    expect(entry).toMatchObject({
      ...{ outcome: 'refused', codes: ['STEP_UP_REQUIRED'], handle: patient.handle, hospital: 'BirchMSP' },
    });
    expect(JSON.stringify(entry)).not.toMatch(new RegExp(`${requester.id}|${cosigner.id}`));
    expect(named(world)).toEqual([]);
  });

  test('attack 42: an entry that was refused is posted again, and the emergency is recorded once nothing speaks against it', async () => {
    const world = base.fork();
    const asked = request(world, { declaredAt: world.at(HOUR_MS / 6) });
    const words = acknowledged(world, asked);
    await post(world, 0, asked, words);
    expect(opened(world)).toBeUndefined();
    await refuse(post(world, 0, asked, words), 'ALREADY_EXISTS');
    world.ledger.advance(HOUR_MS / 6);
    const before = await listed(world);
    expect(before).toMatchObject([{ mspId: 'AlderMSP', released: true, opened: false, proven: true }]);
    await post(world, 0, asked, words);
    expect(opened(world)).toBeDefined();
    expect(await listed(world)).toEqual(before.map((entry) => ({ ...entry, opened: true })));
    await refuse(post(world, 0, asked, words), 'ALREADY_EXISTS');
  });
});
