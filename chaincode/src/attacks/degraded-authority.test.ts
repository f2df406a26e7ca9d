// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { KeyObject } from 'node:crypto';
import type { StartCeremony } from '../domain/custody.js';
import {
  MAX_VOTES_ON,
  type DegradedEntry,
  type DegradedRequest,
  type SignedAcknowledgement,
  type SignedDegradedRequest,
} from '../domain/degraded.js';
import { DomainError } from '../domain/errors.js';
import type { Intent } from '../domain/intent.js';
import { runCeremony } from '../testing/ceremony.js';
import { acknowledgeDegraded, degradedStatementOf, signDegraded } from '../testing/degraded.js';
import { enrol, type Identity } from '../testing/identity.js';
import { uncompressed, type TestPatient } from '../testing/patient.js';
import type { PreparedRecord } from '../testing/record.js';
import { TestWorld } from '../testing/world.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const HOSPITALS = ['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm'];

/** Epoch 1 was 2 of {Alder, Birch, Cedar}; epoch 2 is 3 of all five, and since that day the mode is voted on. */
let base: TestWorld;
let requester: Identity;
let cosigner: Identity;
let patient: TestPatient;
let record: PreparedRecord;

beforeAll(async () => {
  base = await TestWorld.found(HOSPITALS, false, 3);
  const members = base.hospitals.map(({ mspId }) => mspId);
  const custodians = new Map(base.hospitals.map(({ mspId, custodian }) => [mspId, custodian]));
  const first = { ceremonyId: base.names.id('ceremony') as StartCeremony['ceremonyId'] };
  const early = await runCeremony(base.ledger, custodians, {
    ...{ ...first, kind: 'dkg', threshold: 2, members: members.slice(0, 3) },
  });
  for (const { custodian } of base.hospitals) await vote(base, custodian, 'on');
  base.ledger.advance(DAY_MS);
  const second = { ceremonyId: base.names.id('ceremony') as StartCeremony['ceremonyId'] };
  await runCeremony(base.ledger, custodians, { ...second, kind: 'reshare', threshold: 3, members }, early);
  base.ledger.advance(DAY_MS);
  requester = await base.practitioner(base.hospital(0), 'physician');
  cosigner = await base.practitioner(base.hospital(2), 'physician');
  patient = await base.patient(base.hospital(3));
  for (const person of [requester, cosigner]) await base.passkey(person);
  const author = await base.practitioner(base.hospital(3), 'physician');
  record = await base.store(author, patient, [
    { category: 'summary' },
    { category: 'mental-health' },
    { category: 'genetics', class: 'sealed' },
  ]);
  base.ledger.advance(HOUR_MS);
});

function vote(world: TestWorld, custodian: Identity, mode: 'on' | 'off') {
  return world.run(custodian, 'degraded:Vote', { mode });
}

function refs(...positions: readonly number[]) {
  const { recordId, version } = record.request;
  return positions.flatMap((at) => {
    const segment = record.vault.manifest.segments[at];
    return segment === undefined ? [] : [{ recordId, version, segmentId: segment.segmentId }];
  });
}

function request(
  world: TestWorld,
  change: Readonly<Record<string, unknown>> = {},
  team = { requester, cosigner },
): SignedDegradedRequest {
  const plan = { requester: team.requester, patient, segments: refs(0), change };
  return signDegraded(world, degradedStatementOf(world, plan), team);
}

/** Acknowledgements that the custodians of some hospitals sign, whatever their code checks, under an epoch of their choice. */
function acknowledged(world: TestWorld, of: SignedDegradedRequest, by: readonly number[], epoch = 2) {
  return by.map((at) => acknowledgeDegraded(world, world.hospital(at).custodian, of, { epoch }));
}

const report = (world: TestWorld, of: SignedDegradedRequest, acknowledgements: readonly object[]) =>
  world.run(world.hospital(0).gateway, 'degraded:Report', { request: of, acknowledgements });
const post = (
  world: TestWorld,
  at: number,
  of: SignedDegradedRequest,
  acknowledgements: readonly SignedAcknowledgement[],
) =>
  world.run(world.hospital(at).custodian, 'degraded:Post', {
    ...{ request: of, acknowledgements, released: true },
  });
const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });

function named(world: TestWorld): readonly string[] {
  return Object.keys(world.ledger.world()).filter(
    (key) => key.startsWith('emergency') || key.startsWith('intent/'),
  );
}

function opened(world: TestWorld): DegradedRequest['opened'] {
  const [found] = Object.entries(world.ledger.world()).flatMap(([key, value]) =>
    key.startsWith('degraded-request/') ? [value as DegradedRequest] : [],
  );
  return found?.opened;
}

describe('attack 38: acknowledgements count by the custodian set in force, not by the epoch that they name', () => {
  test('two custodians, who were enough before the reshare, name no clinician, whatever epoch they write', async () => {
    for (const epoch of [1, 2, 3]) {
      const world = base.fork();
      const asked = request(world);
      const two = acknowledged(world, asked, [0, 1], epoch);
      await refuse(report(world, asked, two), 'TOO_FEW_ACKNOWLEDGEMENTS');
      await post(world, 0, asked, two);
      await post(world, 1, asked, two);
      expect(named(world)).toEqual([]);
    }
  });

  test('three custodians of the present set are enough, whatever epoch they write', async () => {
    const world = base.fork();
    const asked = request(world);
    await report(world, asked, acknowledged(world, asked, [0, 1, 4], 1));
    expect(opened(world)).toMatchObject({ emergencyId: expect.any(String) });
  });

  test('attack 42: a custodian that changes its key keeps no emergency off the record that it acknowledged, however late', async () => {
    for (const [aheadMs, lateMs] of [
      [4 * MINUTE_MS, 0],
      [0, HOUR_MS],
      [0, 30 * DAY_MS],
    ] as const) {
      const world = base.fork();
      const asked = request(world, { declaredAt: world.at(aheadMs) });
      const words = acknowledged(world, asked, [0, 1, 2]);
      world.ledger.advance(MINUTE_MS);
      await renewKey(world, 2);
      world.ledger.advance(lateMs);
      await post(world, 0, asked, words);
      expect(opened(world)).toMatchObject({ emergencyId: expect.any(String) });
    }
  });

  test('a stolen former key of a custodian puts no clinician on the record who did not sign', async () => {
    const world = base.fork();
    await renewKey(world, 2);
    world.ledger.advance(DAY_MS);
    const asked = request(world);
    const forged = { ...asked, cosigner: { ...asked.cosigner, signature: asked.requester.signature } };
    await refuse(report(world, forged, acknowledged(world, forged, [0, 1, 2])), 'SIGNATURE_INVALID');
    expect(named(world)).toEqual([]);
  });
});

describe('attack 42: a clinician’s name on an emergency takes the clinician’s own key and passkey', () => {
  const enough = [0, 1, 4];

  test('t custodians and a requester do not put an honest co-signer’s name on it', async () => {
    const world = base.fork();
    const asked = request(world);
    const forged = { ...asked, cosigner: { ...asked.cosigner, certificate: 'AAAA' } };
    await refuse(report(world, forged, acknowledged(world, forged, enough)), 'CALLER_UNKNOWN');
    const unsigned = { ...asked, cosigner: { ...asked.cosigner, signature: asked.requester.signature } };
    await refuse(report(world, unsigned, acknowledged(world, unsigned, enough)), 'SIGNATURE_INVALID');
    const untouched = { ...asked, cosigner: { ...asked.cosigner, assertion: asked.requester.assertion } };
    await refuse(report(world, untouched, acknowledged(world, untouched, enough)), 'STEP_UP_REQUIRED');
    const moved = { ...asked, statement: { ...asked.statement, scope: 'full' as const } };
    await refuse(report(world, moved, acknowledged(world, moved, enough)), 'SIGNATURE_INVALID');
    expect(named(world)).toEqual([]);
  });

  test('an unknown segment and a time in the future are refused as custodians refuse them', async () => {
    const world = base.fork();
    const tried = [
      [request(world, { segments: [{ ...refs(0)[0], version: 2 }] }), 'NOT_FOUND'],
      [request(world, { declaredAt: world.at(HOUR_MS) }), 'EMERGENCY_NOT_OPEN'],
    ] as const;
    for (const [asked, code] of tried)
      await refuse(report(world, asked, acknowledged(world, asked, enough)), code);
    expect(named(world)).toEqual([]);
  });

  test('attack 42: what t custodians acknowledged is recorded, and what the ledger says against it stands beside it', async () => {
    const off = base.fork();
    for (const { custodian } of off.hospitals.slice(0, 3)) await vote(off, custodian, 'off');
    off.ledger.advance(HOUR_MS);
    for (const [world, change, codes] of [
      [off, {}, ['DEGRADED_OFF']],
      [base.fork(), { segments: refs(1) }, ['OUTSIDE_SCOPE']],
      [base.fork(), { scope: 'full', segments: refs(2) }, ['OUTSIDE_SCOPE']],
    ] as const) {
      const asked = request(world, change);
      const { txId } = await report(world, asked, acknowledged(world, asked, enough));
      expect(opened(world)).toMatchObject({ against: codes });
      expect(world.ledger.world()[`audit/${txId}`]).toMatchObject({ outcome: 'permitted', codes });
      expect(Object.keys(world.ledger.world()).some((key) => key.startsWith('notice/'))).toBe(true);
    }
  });

  test('attack 42: a hospital that changes its vote again and again hides no emergency that its vote had allowed', async () => {
    const world = base.fork();
    for (const { custodian } of world.hospitals.slice(3)) await vote(world, custodian, 'off');
    world.ledger.advance(HOUR_MS);
    const asked = request(world);
    world.ledger.advance(HOUR_MS);
    for (let change = 0; change < 35; change += 1) {
      await vote(world, world.hospital(2).custodian, change % 2 === 0 ? 'off' : 'on');
      world.ledger.advance(2 * HOUR_MS);
    }
    await report(world, asked, acknowledged(world, asked, enough));
    expect(opened(world)).toBeDefined();
    expect(opened(world)?.against).toBeUndefined();
  });

  test('attack 42: a custodian alone, with signatures that are none, puts no clinician’s name on the ledger', async () => {
    const world = base.fork();
    const asked = request(world);
    const forged = { ...asked, cosigner: { ...asked.cosigner, signature: asked.requester.signature } };
    const { txId } = await post(world, 2, forged, acknowledged(world, forged, [2]));
    const state = world.ledger.world();
    expect(Object.keys(state).filter((key) => key.startsWith('degraded-request/'))).toEqual([]);
    const audit = state[`audit/${txId}`];
    expect(audit).toMatchObject({ outcome: 'refused', codes: ['SIGNATURE_INVALID'] });
    expect(audit).not.toHaveProperty('handle');
    const { requestHash } = Object.entries(state).flatMap(([key, value]) =>
      key.startsWith('degraded-entry/') ? [value as DegradedEntry] : [],
    )[0] ?? { requestHash: '' };
    const read = await world.run(world.hospital(1).custodian, 'degraded:GetRequest', { requestHash });
    expect(read.answer).toMatchObject({ entries: [{ mspId: 'CedarMSP' }] });
    expect(read.answer).not.toHaveProperty('request');
  });

  test('attack 42: what fewer than t acknowledged is in no log as permitted', async () => {
    const world = base.fork();
    const asked = request(world);
    const { txId } = await post(world, 0, asked, acknowledged(world, asked, [0]));
    expect(world.ledger.world()[`audit/${txId}`]).toMatchObject({
      ...{ outcome: 'refused', codes: ['TOO_FEW_ACKNOWLEDGEMENTS'] },
    });
  });

  test('attack 42: no person, and no gateway of a hospital that it does not concern, reads a request', async () => {
    const world = base.fork();
    const asked = request(world);
    const { answer } = await report(world, asked, acknowledged(world, asked, enough));
    const { requestHash } = answer as DegradedRequest;
    const get = (as: Identity) => world.run(as, 'degraded:GetRequest', { requestHash });
    for (const at of [0, 2, 3]) await expect(get(world.hospital(at).gateway)).resolves.toBeDefined();
    await refuse(get(world.hospital(1).gateway), 'NOT_FOUND');
    await refuse(get(requester), 'CALLER_NOT_ENTITLED');
    await refuse(world.run(requester, 'degraded:ListEntries', { pageSize: 10 }), 'CALLER_NOT_ENTITLED');
  });

  test('a hospital hides no emergency by what it changes afterwards: vote, status, role, passkey, key', async () => {
    const world = base.fork();
    const asked = request(world);
    world.ledger.advance(HOUR_MS / 2);
    for (const { custodian } of world.hospitals.slice(0, 3)) await vote(world, custodian, 'off');
    const change = (of: object) =>
      world.run(world.hospital(0).registrar, 'registry:ChangePractitioner', {
        ...{ practitionerId: requester.id, ...of },
      });
    await change({ role: 'pharmacist' });
    await change({ publicKey: uncompressed(KeyObject.from(cosigner.keys.privateKey)) });
    await world.run(world.hospital(0).registrar, 'registry:RemovePasskey', {
      ...{ practitionerId: requester.id, credentialId: asked.requester.assertion.credentialId },
    });
    await change({ status: 'suspended' });
    await report(world, asked, acknowledged(world, asked, enough));
    expect(opened(world)).toMatchObject({ emergencyId: expect.any(String) });
  });

  test('a quota that is used up is written beside the record, and keeps no record away', async () => {
    const world = base.fork();
    for (let count = 0; count < 5; count += 1) await world.emergency(requester, patient);
    const asked = request(world);
    const { txId } = await report(world, asked, acknowledged(world, asked, enough));
    expect(opened(world)).toMatchObject({ against: ['EMERGENCY_QUOTA'] });
    expect(world.ledger.world()[`audit/${txId}`]).toMatchObject({ codes: ['EMERGENCY_QUOTA'] });
  });

  test('one forged acknowledgement takes nothing from the true ones', async () => {
    const world = base.fork();
    const asked = request(world);
    const forged = acknowledgeDegraded(world, world.hospital(0).custodian, asked, { mspId: 'DogwoodMSP' });
    await post(world, 1, asked, [forged, ...acknowledged(world, asked, enough)]);
    expect(opened(world)).toBeDefined();
  });

  test('who posts first with other signatures under the same hash does not spoil the true request', async () => {
    const world = base.fork();
    const asked = request(world);
    const spoilt = { ...asked, cosigner: { ...asked.cosigner, signature: asked.requester.signature } };
    await post(world, 0, spoilt, acknowledged(world, spoilt, [0]));
    await post(world, 1, asked, acknowledged(world, asked, [1, 4]));
    const kept = Object.entries(world.ledger.world()).find(([key]) => key.startsWith('degraded-request/'));
    expect(kept?.[1]).toMatchObject({ request: { cosigner: asked.cosigner }, opened: expect.anything() });
  });
});

describe('attack 38: the record of a degraded emergency is no authority for the future', () => {
  test('its intent has run out when it is written, and no further intent is permitted under its emergency', async () => {
    const world = base.fork();
    const asked = request(world);
    await report(world, asked, acknowledged(world, asked, [0, 1, 4]));
    const { emergencyId, intentId } = opened(world) ?? {};
    const intent = world.ledger.world()[`intent/${intentId ?? ''}`] as Intent;
    expect(intent).toMatchObject({ expiresAt: intent.declaredAt, segments: [{ decision: 'permit' }] });
    const basis = { kind: 'emergency', emergencyId };
    const { segments } = await world.declare(requester, record, { basis, purpose: 'BTG' });
    expect(segments.map((segment) => segment.decision === 'deny' && segment.code)).toEqual([
      ...['EMERGENCY_NOT_OPEN', 'EMERGENCY_NOT_OPEN', 'EMERGENCY_NOT_OPEN'],
    ]);
  });
});

async function renewKey(world: TestWorld, at: number): Promise<Identity> {
  const { mspId, custodian } = world.hospital(at);
  const renewed = await enrol(mspId, custodian.id, 'custodian');
  await world.run(custodian, 'registry:RegisterCustodian', {
    ...{ url: 'https://localhost:7000', publicKey: uncompressed(KeyObject.from(renewed.keys.privateKey)) },
  });
  return renewed;
}

describe('attack 44: votes without end', () => {
  test('attack 44: a hospital that changes its vote without end keeps no entry of others from the ledger', async () => {
    const world = base.fork();
    const own = world.hospital(4).custodian;
    const change = (mode: 'on' | 'off'): Promise<string> =>
      vote(world, own, mode).then(
        () => 'voted',
        (error: unknown) => (error instanceof DomainError ? error.code : String(error)),
      );
    const changes: string[] = [];
    for (let changed = 0; changed < MAX_VOTES_ON + 1; changed += 1)
      changes.push(await change('off'), await change('on'));
    expect(changes.slice(0, -1)).toEqual(Array.from({ length: 2 * MAX_VOTES_ON + 1 }, () => 'voted'));
    expect(changes.at(-1)).toBe('RATE_LIMITED');
    world.ledger.advance(DAY_MS);
    expect(await change('on')).toBe('voted');
  });
});
