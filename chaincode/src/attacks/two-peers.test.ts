// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { dealNewKey, generateHpkeKeyPair, encodeBase64url, systemRandom } from '@tutela/crypto';
import { SoftAuthenticator } from '@tutela/crypto/testing';
import { termsOf } from '../domain/ceremony.js';
import type { Ceremony } from '../domain/custody.js';
import { TRANSACTIONS } from '../domain/names.js';
import type { ReleaseContext } from '../domain/release.js';
import { RETIREMENT_DELAY_MS, type Retirement } from '../domain/retirement.js';
import type { PendingActPage } from '../domain/sighting.js';
import { erasureBy } from '../testing/erasure.js';
import { enrol, type Identity } from '../testing/identity.js';
import { ownAuditRead } from '../testing/audit-read.js';
import { ceremonyOf, ledgerDealing, transcriptHashOf } from '../testing/ceremony.js';
import { acknowledgeDegraded, degradedStatementOf, signDegraded } from '../testing/degraded.js';
import { contestOf } from '../testing/contest.js';
import { guardianOf, newGuardian, removalOf } from '../testing/guardian.js';
import { cooledOff, nameRotation, rotationRequest, withNewKey } from '../testing/key-rotation.js';
import { commit, type ProposalOptions } from '../testing/runner.js';
import { seeAct } from '../testing/sighting.js';
import { suspensionBy } from '../testing/suspension.js';
import { endorseOnTwoPeers, withSkewedWorld } from '../testing/two-peers.js';
import { TestWorld } from '../testing/world.js';
import type { NoticePage } from '../domain/notice.js';

/** Long enough after a ceremony that was open for no time. */
const CEREMONY_PAUSE_MS = 31 * 60_000;

const ALL = Object.entries(TRANSACTIONS).flatMap(([contract, { submit, evaluate }]) =>
  [...submit, ...evaluate].map((name) => `${contract}:${name}`),
);
const SUBMITTED = Object.entries(TRANSACTIONS).flatMap(([contract, { submit }]) =>
  submit.map((name) => `${contract}:${name}`),
);
/** Key of the ledger's period, which every transaction that writes must read. */
const PERIOD = '\u0000period\u0000';
/** Tried elsewhere: it needs a custodian that lies. */
const ELSEWHERE = ['custody:Accuse'];
const HOUR_MS = 3_600_000;

/** Runs every act of a consortium's life on two peers and keeps the names of the transactions that were tried. */
class Life {
  readonly tried = new Set<string>();
  readonly world: TestWorld;

  constructor(world: TestWorld) {
    this.world = world;
  }

  async act(caller: Identity, name: string, request: unknown, options?: ProposalOptions): Promise<unknown> {
    const { first, outcomes } = await endorseOnTwoPeers(this.world.ledger, caller, name, request, options);
    expect(outcomes[1]).toEqual(outcomes[0]);
    if (SUBMITTED.includes(name)) expect(first.stub.rwset.reads.has(PERIOD)).toBe(true);
    this.tried.add(name);
    commit(this.world.ledger, first.stub);
    return first.answer;
  }
}

describe('attack 9: no wall clock and no randomness', () => {
  test('the second peer’s clock and randomness do differ, and come back', async () => {
    const read = () => [
      Date.now() > Date.parse('2099-01-01'),
      new Date(0).toISOString(),
      crypto.randomUUID().length,
    ];
    const here = Date.now();
    const there = await withSkewedWorld(() =>
      Promise.resolve([Date.now() - here, Math.random(), crypto.randomUUID()]),
    );
    expect(there[0]).toBeGreaterThan(HOUR_MS);
    expect(there.slice(1)).toEqual([0.25, '0']);
    expect(read()).toEqual([false, '1970-01-01T00:00:00.000Z', 36]);
  });

  test('every transaction on two peers with different clocks gives equal write sets', async () => {
    const life = new Life(await TestWorld.found(['Alder', 'Birch', 'Cedar'], false));
    await registryLife(life);
    await custodyLife(life);
    await keyRotationLife(life);
    await recordLife(life);
    await emergencyLife(life);
    await degradedLife(life);
    expect([...life.tried].sort()).toEqual(ALL.filter((name) => !ELSEWHERE.includes(name)).sort());
  });
});

async function registryLife(life: Life): Promise<void> {
  const { world } = life;
  const { registrar, gateway, custodian, mspId } = world.hospital(0);
  const dogwood = await enrol('DogwoodMSP' as typeof mspId, registrar.id, 'administrator');
  await life.act(dogwood, 'registry:RegisterHospital', {});
  const practitionerId = world.names.id('practitioner');
  const person = { practitionerId, role: 'nurse', department: 'ward', personTag: world.names.bytes32() };
  await life.act(registrar, 'registry:RegisterPractitioner', person);
  await life.act(registrar, 'registry:ChangePractitioner', { practitionerId, status: 'suspended' });
  const systemId = world.names.id('system');
  const system = { systemId, jwkThumbprint: world.names.bytes32(), scopes: ['records.read'] };
  await life.act(registrar, 'registry:RegisterSystem', system);
  await life.act(registrar, 'registry:ChangeSystem', { systemId, status: 'banned' });
  const patient = world.newPatient({ mspId });
  await life.act(registrar, 'registry:RegisterPatient', world.patientRequest(patient));
  const guardian = newGuardian(world);
  await life.act(gateway, 'registry:RegisterGuardian', guardianOf(world, patient, guardian));
  await life.act(gateway, 'registry:ListGuardians', { handle: patient.handle });
  const removal = removalOf(world, patient, guardian.guardianId, patient);
  await life.act(gateway, 'registry:RemoveGuardian', removal);
  const moved = { url: 'https://localhost:7001', publicKey: patient.publicKey };
  await life.act(custodian, 'registry:RegisterCustodian', moved);
  await life.act(gateway, 'registry:GetHospital', { mspId });
  await life.act(gateway, 'registry:ListHospitals', {});
  await life.act(gateway, 'registry:GetPractitioner', { mspId, practitionerId });
  await life.act(gateway, 'registry:GetSystem', { mspId, systemId });
  const subject = await world.practitioner(world.hospital(0), 'nurse');
  const signers = await Promise.all(
    [1, 2].map((at) => world.practitioner(world.hospital(at), 'administrator')),
  );
  const { registrar: other } = world.hospital(1);
  await life.act(custodian, 'registry:SuspendPractitioner', suspensionBy(world, subject, signers));
  await life.act(other, 'registry:LiftSuspension', { mspId, practitionerId: subject.id });
  await life.act(gateway, 'registry:ListSuspensions', { mspId, practitionerId: subject.id });
  await life.act(gateway, 'registry:GetPatient', { handle: patient.handle });
  await life.act(gateway, 'registry:ListCustodians', {});
  await life.act(gateway, 'registry:GetCustodianKeys', { mspId });
}

async function keyRotationLife(life: Life): Promise<void> {
  const { world } = life;
  const [home, other] = [world.hospital(0), world.hospital(1)];
  const patient = await world.patient(home);
  const { handle } = patient;
  const request = rotationRequest(world, withNewKey(patient));
  await life.act(home.registrar, 'registry:RequestKeyRotation', request);
  await life.act(other.registrar, 'registry:ApproveKeyRotation', nameRotation(world, patient));
  const { acts } = (await life.act(home.custodian, 'custody:ListPendingActs', {})) as PendingActPage;
  for (const { act, answerHash } of acts)
    await life.act(home.custodian, 'custody:Sight', { act, answerHash });
  await life.act(home.registrar, 'registry:CancelKeyRotation', nameRotation(world, patient));
  await cooledOff(world, withNewKey(patient));
  await life.act(home.registrar, 'registry:CompleteKeyRotation', nameRotation(world, patient));
  await life.act(home.gateway, 'registry:GetKeyRotation', { handle });
}

async function custodyLife(life: Life): Promise<void> {
  const { world } = life;
  const custodians = world.hospitals.map(({ custodian }) => custodian);
  const members = world.hospitals.map(({ mspId }) => mspId);
  const first = world.hospital(0).custodian;
  const start = () =>
    ({ ceremonyId: world.names.id('ceremony') as never, kind: 'dkg', threshold: 2, members }) as const;

  const aborted = start();
  await life.act(first, 'custody:StartCeremony', aborted);
  await life.act(first, 'custody:Abort', { ceremonyId: aborted.ceremonyId });
  world.ledger.advance(CEREMONY_PAUSE_MS);

  const disputed = start();
  const { ceremonyId } = disputed;
  const about = transcriptHashOf(await openDealt(life, disputed, custodians), undefined);
  const complaint = { ceremonyId, dealer: members[1], transcriptHash: about };
  await life.act(first, 'custody:Complain', complaint);
  const revealed = { subShare: world.names.bytes32(), sealSeed: world.names.bytes32() };
  await life.act(world.hospital(1).custodian, 'custody:Reveal', {
    ceremonyId,
    from: members[0],
    ...revealed,
  });
  world.ledger.advance(CEREMONY_PAUSE_MS);

  const good = start();
  const dealt = await openDealt(life, good, custodians);
  const transcriptHash = transcriptHashOf(dealt, undefined);
  for (const custodian of custodians)
    await life.act(custodian, 'custody:Confirm', { ceremonyId: good.ceremonyId, transcriptHash });
  await life.act(first, 'custody:GetOpenCeremony', {});
  await life.act(first, 'custody:Activate', { ceremonyId: good.ceremonyId });
  const hash = world.names.bytes32();
  await life.act(first, 'custody:Heartbeat', { height: 7, blockHash: hash, journalHead: hash });
  await life.act(first, 'custody:GetCurrent', {});
  await life.act(first, 'custody:GetEpoch', { epoch: 1 });
  await life.act(first, 'custody:GetCeremony', { ceremonyId: good.ceremonyId });
  await life.act(first, 'custody:ListHeartbeats', {});
  await life.act(first, 'custody:ListAccusations', { custodian: first.mspId, pageSize: 10 });
}

async function openDealt(
  life: Life,
  start: Readonly<{ ceremonyId: never; members: readonly string[] }>,
  custodians: readonly Identity[],
): Promise<Ceremony> {
  const [first] = custodians;
  if (first === undefined) throw new Error('no custodian');
  await life.act(first, 'custody:StartCeremony', start);
  const { ceremonyId } = start;
  for (const custodian of custodians) {
    const { publicKey } = generateHpkeKeyPair(systemRandom);
    await life.act(custodian, 'custody:Join', { ceremonyId, ephemeralKey: encodeBase64url(publicKey) });
  }
  const terms = termsOf(await ceremonyOf(life.world.ledger, first, start), undefined);
  for (const [position, custodian] of custodians.entries()) {
    const { dealing } = dealNewKey(terms, position + 1);
    await life.act(custodian, 'custody:Deal', { ceremonyId, dealing: ledgerDealing(dealing) });
  }
  return ceremonyOf(life.world.ledger, first, start);
}

async function recordLife(life: Life): Promise<void> {
  const { world } = life;
  const home = world.hospital(0);
  const { gateway, custodian } = home;
  const author = await world.practitioner(home, 'physician');
  const reader = await world.practitioner(world.hospital(1), 'physician');
  const patient = await world.patient(home);
  const { handle } = patient;
  const prepared = await world.prepare(patient, [{ category: 'summary' }]);
  const { recordId } = prepared.request;
  await life.act(author, 'record:Register', prepared.request, { transient: { vault: prepared.vault } });

  const consent = world.consent(patient, { grantee: { kind: 'hospital', mspId: reader.mspId }, maxReads: 2 });
  const { consentId } = consent.statement;
  await life.act(gateway, 'consent:Grant', consent);
  const together = [patient, await world.patient(home)].map((one) =>
    world.consent(one, { grantee: { kind: 'hospital', mspId: home.mspId } }),
  );
  await life.act(gateway, 'consent:GrantMany', { consents: together });
  const next = world.consent(patient, { ...consent.statement, version: 2, nonce: world.names.nonce() });
  await life.act(gateway, 'consent:Replace', next);
  const intent = world.intentRequest(reader, prepared);
  await life.act(reader, 'access:DeclareIntent', intent);
  await life.act(reader, 'access:GetIntent', { intentId: intent.intentId });
  const { intentId } = intent;
  const context = await life.act(custodian, 'access:GetReleaseContext', { intentId });
  await life.act(custodian, 'access:PreviewReleaseContext', { intent: (context as ReleaseContext).intent });
  await life.act(gateway, 'consent:Revoke', world.revocation(patient, next));
  await life.act(gateway, 'consent:Get', { handle, consentId });
  await life.act(gateway, 'consent:ListByHandle', { handle });
  await life.act(gateway, 'consent:ListAsOf', { handle, at: world.ledger.now });

  const [segment] = prepared.vault.manifest.segments;
  const cid = segment?.parts[0]?.cid;
  const corrupt = { recordId, version: 1, segmentId: segment?.segmentId, cid, code: 'CONTENT_CORRUPT' };
  await life.act(author, 'record:ReportCorruption', corrupt);
  for (const name of ['Get', 'GetManifest', 'GetSealed'])
    await life.act(author, `record:${name}`, { recordId });
  await life.act(author, 'record:ListByHandle', { handle });
  await life.act(gateway, 'record:ListPins', { pageSize: 10 });
  const resealed = await world.prepare(patient, [{ category: 'summary' }], { recordId, version: 2 });
  await life.act(author, 'record:Register', resealed.request, { transient: { vault: resealed.vault } });
  const retired = { recordId, version: 1 };
  const order = (await life.act(author, 'record:Retire', retired)) as Retirement;
  await life.act(author, 'record:CancelRetirement', { ...retired, orderTxId: order.txId });
  const again = (await life.act(author, 'record:Retire', retired)) as Retirement;
  await seeAct(world, again.txId);
  world.ledger.advance(RETIREMENT_DELAY_MS);
  await life.act(gateway, 'record:CompleteRetirement', { ...retired, orderTxId: again.txId });
  const gone = { ...retired, blocksRemoved: 3, blocksHash: world.names.bytes32() };
  await life.act(gateway, 'record:ConfirmRetirement', gone);
  await life.act(gateway, 'record:GetRetirement', retired);
  await life.act(gateway, 'record:ListRetirements', {});
  const erasure = erasureBy(world, patient, recordId);
  const { erasureId } = erasure.statement;
  await life.act(gateway, 'record:Erase', erasure);
  const confirmation = { erasureId, blocksRemoved: 3, blocksHash: world.names.bytes32() };
  await life.act(gateway, 'record:ConfirmErasure', confirmation);
  await life.act(gateway, 'record:GetErasure', { erasureId });
  await life.act(gateway, 'record:ListErasures', {});
}

async function emergencyLife(life: Life): Promise<void> {
  const { world } = life;
  const [home, other] = [world.hospital(0), world.hospital(1)];
  const patient = await world.patient(home);
  const { handle } = patient;
  const requester = await world.practitioner(other, 'physician');
  const cosigner = await world.practitioner(other, 'nurse');
  const officer = await world.practitioner(home, 'medical-officer');
  const reviewer = await world.practitioner(home, 'privacy-officer');
  const device = new SoftAuthenticator();
  await life.act(other.registrar, 'registry:RegisterPasskey', world.passkeyRequest(requester, device));
  const request = await world.emergencyRequest(requester, patient);
  const { emergencyId } = request;
  await life.act(requester, 'emergency:Open', request);
  const vouching = await world.vouchRequest(cosigner, emergencyId, 'cosign-emergency');
  await life.act(cosigner, 'emergency:Cosign', vouching);
  const approval = await world.vouchRequest(officer, emergencyId, 'approve-full-scope');
  await life.act(officer, 'emergency:ApproveFullScope', approval);
  const removal = { practitionerId: requester.id, credentialId: device.credentialId };
  await life.act(other.registrar, 'registry:RemovePasskey', removal);
  await life.act(requester, 'emergency:Close', { emergencyId });
  await life.act(reviewer, 'emergency:BeginReview', { emergencyId });
  const verdict = { emergencyId, verdict: 'upheld', findingsHash: world.names.bytes32() };
  await life.act(reviewer, 'emergency:Review', verdict);
  await life.act(home.gateway, 'emergency:Contest', contestOf(world, patient, emergencyId));
  const listing = { of: 'waiting', pageSize: 10 };
  const { notices } = (await life.act(reviewer, 'emergency:ListNotices', listing)) as NoticePage;
  const waiting = notices.map(({ about, cause }) => ({ about, cause }));
  await life.act(reviewer, 'emergency:FetchNotices', { waiting, shown: [] });
  await life.act(reviewer, 'emergency:Get', { emergencyId });
  await life.act(reviewer, 'emergency:ListByHandle', { handle, pageSize: 10 });
  await life.act(reviewer, 'emergency:ListDueReviews', {});
  await life.act(reviewer, 'emergency:Metrics', { mspId: other.mspId });

  const declaration = ownAuditRead(world, patient, home.mspId);
  const { auditReadId } = declaration;
  const declared = await life.act(home.gateway, 'audit:DeclareRead', declaration);
  await life.act(home.gateway, 'audit:Query', { auditReadId, pageSize: 10 });
  await life.act(home.gateway, 'audit:Exposure', { auditReadId, pageSize: 10 });
  const { txId } = declared as { txId: string };
  await life.act(home.gateway, 'audit:GetEntry', { txId });
}

async function degradedLife(life: Life): Promise<void> {
  const { world } = life;
  // The first custodian's key was moved before.
  const custodians = [world.hospital(1).custodian, world.hospital(2).custodian] as const;
  const patient = await world.patient(world.hospital(0));
  const requester = await world.practitioner(world.hospital(1), 'physician');
  const cosigner = await world.practitioner(world.hospital(1), 'nurse');
  for (const person of [requester, cosigner]) await world.passkey(person);
  const author = await world.practitioner(world.hospital(0), 'physician');
  const { request: of, vault } = await world.store(author, patient, [{ category: 'summary' }]);
  const segments = vault.manifest.segments.map(({ segmentId }) => ({
    recordId: of.recordId,
    version: of.version,
    segmentId,
  }));
  for (const { custodian } of world.hospitals) await life.act(custodian, 'degraded:Vote', { mode: 'on' });
  const people = [{ mspId: requester.mspId, practitionerId: requester.id }];
  await life.act(custodians[0], 'degraded:GetMode', {});
  await life.act(custodians[0], 'degraded:GetContext', { handle: patient.handle, scope: 'full', people });
  const sign = () =>
    signDegraded(world, degradedStatementOf(world, { requester, patient, segments }), {
      requester,
      cosigner,
    });
  const [one, two] = [sign(), sign()];
  const words = (request: typeof one) => custodians.map((each) => acknowledgeDegraded(world, each, request));
  const entry = { request: one, acknowledgements: words(one), released: true };
  const { requestHash } = (await life.act(custodians[0], 'degraded:Post', entry)) as { requestHash: string };
  const report = { request: two, acknowledgements: words(two) };
  await life.act(world.hospital(1).gateway, 'degraded:Report', report);
  await life.act(custodians[0], 'degraded:GetRequest', { requestHash });
  await life.act(custodians[0], 'degraded:ListEntries', { pageSize: 10 });
}
