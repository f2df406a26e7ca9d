// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { sha256 } from '@tutela/crypto';
import type { Exposure } from '../../domain/audit.js';
import {
  degradedRequestHash,
  type DegradedContext,
  type DegradedRequest,
  type SignedDegradedRequest,
} from '../../domain/degraded.js';
import type { Emergency } from '../../domain/emergency.js';
import { ownAuditRead } from '../../testing/audit-read.js';
import { acknowledgeDegraded, degradedStatementOf, signDegraded } from '../../testing/degraded.js';
import { written } from '../../testing/expect-writes.js';
import type { Identity } from '../../testing/identity.js';
import type { TestPatient } from '../../testing/patient.js';
import type { PreparedRecord } from '../../testing/record.js';
import { TestWorld } from '../../testing/world.js';

const NOW = '2026-03-01T08:00:00.000Z';
const HOUR_MS = 3_600_000;
let base: TestWorld;
/** As `base`, with the mode voted on. */
let ready: TestWorld;
let requester: Identity;
let cosigner: Identity;
let officer: Identity;
let patient: TestPatient;
let record: PreparedRecord;

beforeAll(async () => {
  base = await TestWorld.found();
  const [home, other] = [base.hospital(0), base.hospital(1)];
  requester = await base.practitioner(other, 'physician');
  cosigner = await base.practitioner(other, 'nurse');
  officer = await base.practitioner(home, 'medical-officer');
  patient = await base.patient(home);
  const author = await base.practitioner(home, 'physician');
  record = await base.store(author, patient, [{ category: 'summary' }, { category: 'notes' }]);
  for (const person of [requester, cosigner, officer]) await base.passkey(person);
  ready = base.fork();
  for (const at of [0, 1]) await vote(ready, at, 'on');
});

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });
const vote = (world: TestWorld, at: number, mode: string) =>
  world.run(world.hospital(at).custodian, 'degraded:Vote', { mode });
const mode = async (world: TestWorld) =>
  (await world.run(world.hospital(0).custodian, 'degraded:GetMode', {})).answer;

function refs(position: number) {
  const { recordId, version } = record.request;
  return record.vault.manifest.segments
    .slice(position, position + 1)
    .map(({ segmentId }) => ({ recordId, version, segmentId }));
}

function request(world: TestWorld, change: Readonly<Record<string, unknown>> = {}): SignedDegradedRequest {
  const statement = degradedStatementOf(world, { requester, patient, segments: refs(0), change });
  return signDegraded(world, statement, { requester, cosigner });
}

/** What a custodian posts that released on the acknowledgements of the given hospitals' custodians. */
function posted(world: TestWorld, of: SignedDegradedRequest, by: readonly number[], released = true) {
  const acknowledgements = by.map((at) => acknowledgeDegraded(world, world.hospital(at).custodian, of));
  return { request: of, acknowledgements, released };
}

const post = (world: TestWorld, at: number, entry: object) =>
  world.run(world.hospital(at).custodian, 'degraded:Post', entry);

describe('degraded:Vote', () => {
  test('§15.22: the mode is off until as many hospitals as open a record vote for it, and off again when one withdraws its vote', async () => {
    const world = base.fork();
    expect(await mode(world)).toEqual({ mode: 'off', needed: 2, votes: [] });
    const { writes, audit, txId } = await written(world, world.hospital(0).operator, 'degraded:Vote', {
      mode: 'on',
    });
    const first = { v: 1, mspId: 'AlderMSP', mode: 'on', at: NOW, txId };
    expect(writes).toEqual({
      'degraded-vote/AlderMSP': first,
      'degraded-vote-past/AlderMSP': { v: 1, mspId: 'AlderMSP', past: [{ mode: 'off', until: NOW }] },
    });
    expect(audit).toEqual({
      act: 'degraded-voted',
      actor: { mspId: 'AlderMSP', id: 'operator', role: 'operator' },
      outcome: 'permitted',
    });
    expect(await mode(world)).toMatchObject({ mode: 'off' });
    await vote(world, 2, 'on');
    expect(await mode(world)).toMatchObject({ mode: 'on', votes: [first, { mspId: 'CedarMSP' }] });
    await vote(world, 0, 'off');
    expect(await mode(world)).toMatchObject({ mode: 'off' });
  });

  test('attack: one hospital’s second vote does not count twice, and no person and no gateway votes', async () => {
    const world = base.fork();
    await vote(world, 0, 'on');
    await refuse(vote(world, 0, 'on'), 'ALREADY_EXISTS');
    await refuse(world.run(requester, 'degraded:Vote', { mode: 'on' }), 'CALLER_NOT_ENTITLED');
    await refuse(
      world.run(world.hospital(1).gateway, 'degraded:Vote', { mode: 'on' }),
      'CALLER_NOT_ENTITLED',
    );
    expect(await mode(world)).toMatchObject({ mode: 'off' });
  });

  test('before there is a consortium key the mode is off, whoever votes', async () => {
    const world = await TestWorld.found(['Alder', 'Birch', 'Cedar'], false);
    for (const at of [0, 1, 2]) await vote(world, at, 'on');
    expect(await mode(world)).toMatchObject({ mode: 'off' });
  });
});

describe('degraded:Post', () => {
  test('an entry with t acknowledgements puts the emergency, its review, notices, quota and intent on the ledger', async () => {
    const world = ready.fork();
    const asked = request(world);
    world.ledger.advance(HOUR_MS / 2);
    const entry = posted(world, asked, [0, 2]);
    const { writes, audit, txId } = await written(world, world.hospital(0).custodian, 'degraded:Post', entry);
    const requestHash = degradedRequestHash(asked, sha256);
    const { opened } = writes[`degraded-request/${requestHash}`] as DegradedRequest;
    const { emergencyId = '', intentId = '' } = opened ?? {};
    const at = world.ledger.now;
    const person = { mspId: 'BirchMSP', at: NOW, txId };
    expect(writes[`degraded-entry/${requestHash}/AlderMSP`]).toEqual({
      ...{ v: 1, requestHash, mspId: 'AlderMSP', acknowledgement: entry.acknowledgements[0] },
      ...{ acknowledgedBy: ['AlderMSP', 'CedarMSP'], released: true, postedAt: at, txId },
    });
    expect(writes[`emergency/${emergencyId}`]).toMatchObject({
      state: 'cosigned',
      scope: 'summary',
      requester: { ...person, practitionerId: requester.id },
      cosigner: { ...person, practitionerId: cosigner.id },
      expiresAt: '2026-03-01T09:00:00.000Z',
      reviewDueAt: '2026-03-04T08:30:00.000Z',
      degradedRequest: requestHash,
    });
    expect(writes[`intent/${intentId}`]).toMatchObject({
      purpose: 'BTG',
      basis: { kind: 'emergency', emergencyId },
      segments: [{ ...refs(0)[0], decision: 'permit' }],
      declaredAt: NOW,
    });
    const notices = ['AlderMSP/AlderMSP', `AlderMSP/${patient.handle}`, 'BirchMSP/BirchMSP'].flatMap(
      (place) => ['opened', 'cosigned'].map((cause) => `notice/${place}/${emergencyId}/${cause}`),
    );
    expect(Object.keys(writes).sort()).toEqual(
      [
        `degraded-entry/${requestHash}/AlderMSP`,
        `degraded-request/${requestHash}`,
        `emergency-due/BirchMSP/${emergencyId}`,
        `emergency-of/${patient.handle}/${emergencyId}`,
        `emergency-use/BirchMSP/2026-03-01/${emergencyId}`,
        `emergency/${emergencyId}`,
        `intent/${intentId}`,
        ...notices,
      ].sort(),
    );
    expect(audit).toEqual({
      act: 'degraded-posted',
      actor: { mspId: 'AlderMSP', id: 'custodian', role: 'custodian' },
      outcome: 'permitted',
      ...{ handle: patient.handle, purpose: 'BTG', recordIds: [record.request.recordId] },
      ...{ emergencyId, intentId },
    });
  });

  test('the next custodian’s entry stands beside it and opens nothing twice', async () => {
    const world = ready.fork();
    const asked = request(world);
    await post(world, 0, posted(world, asked, [0, 2]));
    await post(world, 2, posted(world, asked, [0, 2]));
    const state = Object.keys(world.ledger.world());
    expect(state.filter((key) => key.startsWith('emergency/'))).toHaveLength(1);
    expect(state.filter((key) => key.startsWith('degraded-entry/'))).toHaveLength(2);
    const requestHash = degradedRequestHash(asked, sha256);
    const { answer } = await world.run(world.hospital(1).gateway, 'degraded:GetRequest', { requestHash });
    expect(answer).toMatchObject({ entries: [{ mspId: 'AlderMSP' }, { mspId: 'CedarMSP' }] });
    const first = await world.run(world.hospital(0).custodian, 'degraded:ListEntries', { pageSize: 1 });
    const { bookmark } = first.answer as { bookmark: string };
    const second = await world.run(world.hospital(0).custodian, 'degraded:ListEntries', {
      pageSize: 1,
      bookmark,
    });
    expect([first.answer, second.answer]).toMatchObject([
      { entries: [{ mspId: 'AlderMSP' }] },
      { entries: [{ mspId: 'CedarMSP' }] },
    ]);
  });

  test('attack: fewer custodians than t name no clinician in an emergency', async () => {
    const world = ready.fork();
    await post(world, 0, posted(world, request(world), [0], false));
    expect(Object.keys(world.ledger.world()).filter((key) => key.startsWith('emergency'))).toEqual([]);
  });

  test('attack: an acknowledgement of another request does not add up to t', async () => {
    const world = ready.fork();
    const [asked, other] = [request(world), request(world)];
    const own = acknowledgeDegraded(world, world.hospital(0).custodian, asked);
    const acknowledgements = [own, acknowledgeDegraded(world, world.hospital(2).custodian, other)];
    const { answer } = await post(world, 0, { request: asked, acknowledgements, released: true });
    expect(answer).toMatchObject({ acknowledgedBy: ['AlderMSP'] });
  });

  test('attack 42: a hospital’s acknowledgement stands once in an entry and in a report, or they are refused', async () => {
    const world = ready.fork();
    const entry = posted(world, request(world), [0, 2, 2]);
    await refuse(post(world, 0, entry), 'BAD_REQUEST');
    const { released, ...report } = entry;
    expect(released).toBe(true);
    await refuse(world.run(world.hospital(1).gateway, 'degraded:Report', report), 'BAD_REQUEST');
  });

  test('attack: a forged acknowledgement counts for nothing, and an entry without the own one is refused', async () => {
    const world = ready.fork();
    const asked = request(world);
    const entry = posted(world, asked, [0, 2]);
    const forged = acknowledgeDegraded(world, world.hospital(0).custodian, asked, { mspId: 'CedarMSP' });
    const acknowledgements = [...entry.acknowledgements.slice(0, 1), forged];
    const { answer } = await post(world.fork(), 0, { ...entry, acknowledgements });
    expect(answer).toMatchObject({ acknowledgedBy: ['AlderMSP'] });
    await refuse(post(world, 1, entry), 'CALLER_NOT_ENTITLED');
    await refuse(world.run(world.hospital(0).gateway, 'degraded:Post', entry), 'CALLER_NOT_ENTITLED');
  });

  test('an entry may come to say more, and never less', async () => {
    const world = ready.fork();
    const asked = request(world);
    await post(world, 0, posted(world, asked, [0], false));
    await refuse(post(world, 0, posted(world, asked, [0], false)), 'ALREADY_EXISTS');
    await post(world, 0, posted(world, asked, [0, 2]));
    await refuse(post(world, 0, posted(world, asked, [0, 2], false)), 'CONFLICT');
    await refuse(post(world, 0, posted(world, asked, [0, 2])), 'ALREADY_EXISTS');
  });

  test('an opened request counts against the quota, and its clinicians answer for it like any other', async () => {
    const world = ready.fork();
    for (let count = 0; count < 5; count += 1) await post(world, 0, posted(world, request(world), [0, 2]));
    await refuse(world.emergency(requester, patient), 'EMERGENCY_QUOTA');
    world.ledger.advance(72 * HOUR_MS);
    await refuse(world.emergency(requester, patient), 'EMERGENCY_SUSPENDED');
  });

  test('the patient’s exposure report says what such an emergency opened', async () => {
    const world = ready.fork();
    await post(world, 0, posted(world, request(world), [0, 2]));
    await post(world, 2, posted(world, request(world), [2], false));
    world.ledger.advance(1);
    const { gateway, mspId } = world.hospital(0);
    const declaration = ownAuditRead(world, patient, mspId);
    const { auditReadId } = declaration;
    await world.run(gateway, 'audit:DeclareRead', declaration);
    const report = await world.run(gateway, 'audit:Exposure', { auditReadId, pageSize: 50 });
    const { exposures } = report.answer as { exposures: Exposure[] };
    expect(exposures).toMatchObject([
      { requester: { practitionerId: requester.id }, purpose: 'BTG', segments: refs(0) },
    ]);
  });

  test('a foreign medical officer who co-signs is the duty officer of the full scope', async () => {
    const world = ready.fork();
    const statement = degradedStatementOf(world, {
      ...{ requester, patient, segments: refs(1), change: { scope: 'full' } },
    });
    await post(
      world,
      0,
      posted(world, signDegraded(world, statement, { requester, cosigner: officer }), [0, 2]),
    );
    const [emergency] = Object.entries(world.ledger.world()).flatMap(([key, value]) =>
      key.startsWith('emergency/') ? [value as Emergency] : [],
    );
    expect(emergency).toMatchObject({ scope: 'full', dutyOfficer: { practitionerId: officer.id } });
  });
});

describe('degraded:Report', () => {
  test('lets the requester’s own gateway tell of it first, once', async () => {
    const world = ready.fork();
    const { request: asked, acknowledgements } = posted(world, request(world), [0, 2]);
    const report = { request: asked, acknowledgements };
    await refuse(world.run(world.hospital(0).gateway, 'degraded:Report', report), 'CALLER_NOT_ENTITLED');
    await refuse(
      world.run(world.hospital(1).gateway, 'degraded:Report', {
        ...{ request: asked, acknowledgements: acknowledgements.slice(0, 1) },
      }),
      'TOO_FEW_ACKNOWLEDGEMENTS',
    );
    const { answer } = await world.run(world.hospital(1).gateway, 'degraded:Report', report);
    const { emergencyId } = answer as { emergencyId: string };
    await expect(world.run(requester, 'emergency:Get', { emergencyId })).resolves.toBeDefined();
    await refuse(world.run(world.hospital(1).gateway, 'degraded:Report', report), 'ALREADY_EXISTS');
  });
});

describe('degraded:GetContext', () => {
  const people = () => [requester, cosigner].map(({ mspId, id }) => ({ mspId, practitionerId: id }));
  const ask = (world: TestWorld, caller: Identity, change = {}) =>
    world.run(caller, 'degraded:GetContext', {
      ...{ handle: patient.handle, scope: 'summary', people: people(), ...change },
    });

  test('tells a custodian what is known of everybody, and finds the segments of the scope', async () => {
    const world = base.fork();
    await world.emergency(requester, patient);
    const { answer } = await ask(world, world.hospital(2).custodian);
    const { mode: now, people: known, records, capsules } = answer as DegradedContext;
    expect(now).toBe('off');
    expect(known).toMatchObject([
      { practitioner: { role: 'physician' }, suspended: false, uses: 1, hospitalUses: 1, hospitalQuota: 50 },
      { practitioner: { role: 'nurse' }, suspended: false, uses: 0, hospitalUses: 1 },
    ]);
    expect([records.length, capsules.map(({ ref }) => ref)]).toEqual([1, refs(0)]);
    const full = (await ask(world, world.hospital(2).custodian, { scope: 'full' })).answer;
    expect((full as DegradedContext).capsules).toHaveLength(2);
  });

  test('says of a stranger nothing but that nothing is known', async () => {
    const world = base.fork();
    const stranger = { mspId: 'BirchMSP', practitionerId: world.names.id('practitioner') };
    const { answer } = await ask(world, world.hospital(2).custodian, { people: [stranger] });
    const [known] = (answer as DegradedContext).people;
    expect(known?.practitioner).toBeUndefined();
  });

  test('attack: a gateway learns nothing while the mode is off, and never of another hospital’s clinicians', async () => {
    const world = base.fork();
    await refuse(ask(world, world.hospital(1).gateway), 'DEGRADED_OFF');
    for (const at of [0, 1]) await vote(world, at, 'on');
    await expect(ask(world, world.hospital(1).gateway)).resolves.toBeDefined();
    await refuse(ask(world, world.hospital(0).gateway), 'CALLER_NOT_ENTITLED');
    await refuse(ask(world, requester), 'CALLER_NOT_ENTITLED');
  });
});
