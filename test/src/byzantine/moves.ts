// SPDX-License-Identifier: Apache-2.0
import type { FakeStub, ProposalOptions } from '@tutela/chaincode/testing';
import type { SignedReleaseReply } from '@tutela/chaincode/domain';
import type { AttackedConsortium, Sent } from './attacked-consortium.js';
import { mutated, oneOf } from './mutation.js';

/** One thing that a hostile hospital does. */
export type Move = Readonly<{
  name: string;
  weight: number;
  play: (at: AttackedConsortium) => Promise<void>;
}>;

const CONSENT_ID = /^con_[A-Za-z0-9_-]{22}$/;
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

/** What the protocol lets a hostile hospital do, and what it does not; the weights say how often each is played. */
export const MOVES: readonly Move[] = [
  { name: 'send a changed transaction', weight: 30, play: sendChanged },
  { name: 'send a transaction of another time', weight: 8, play: sendOfAnotherTime },
  { name: 'have a transaction endorsed and withhold it', weight: 8, play: withhold },
  { name: 'order a withheld transaction', weight: 8, play: orderWithheld },
  { name: 'write what only own peers endorsed', weight: 3, play: writeAlone },
  { name: 'post a changed message to a custodian', weight: 15, play: postChanged },
  { name: 'ask for shares of an intent', weight: 12, play: askForShares },
  { name: 'declare an intent for the patient’s record', weight: 6, play: declareIntent },
  { name: 'start a ceremony', weight: 2, play: startCeremony },
  { name: 'read under an own patient’s consent of the same id', weight: 8, play: collideConsent },
  { name: 'hold a consent with the patient’s id', weight: 3, play: collideHold },
  { name: 'ask for another key of the patient', weight: 2, play: rotateKey },
  { name: 'suspend an honest physician', weight: 2, play: suspend },
  { name: 'register the own custodian anew', weight: 1, play: registerCustodian },
];

/** Draws a move by its weight. */
export function drawMove({ random }: AttackedConsortium): Move {
  let left = random(MOVES.reduce((sum, { weight }) => sum + weight, 0));
  for (const move of MOVES) {
    if (left < move.weight) return move;
    left -= move.weight;
  }
  throw new Error('the weights do not add up');
}

async function sendChanged(at: AttackedConsortium): Promise<void> {
  await at.send(at.anyHostile(), changed(at));
}

async function sendOfAnotherTime(at: AttackedConsortium): Promise<void> {
  await at.send(at.anyHostile(), { ...changed(at), options: ofAnotherTime(at) });
}

async function withhold(at: AttackedConsortium): Promise<void> {
  await at.withhold(at.anyHostile(), changed(at));
}

function orderWithheld(at: AttackedConsortium): Promise<void> {
  const [stub] = at.withheld.splice(at.random(Math.max(at.withheld.length, 1)), 1);
  if (stub !== undefined) at.world.ledger.commit(stub);
  return Promise.resolve();
}

/** Peers with changed chaincode endorse what no rule allows: here the patient's key and a consent are overwritten. */
function writeAlone(at: AttackedConsortium): Promise<void> {
  const stub: FakeStub = at.world.ledger.propose(at.anyHostile());
  const [attacker] = at.hostile;
  const key = stub.createCompositeKey('patient', [at.patient.handle]);
  const value = {
    v: 1,
    handle: at.patient.handle,
    mspId: attacker?.mspId,
    publicKey: attacker?.patient.publicKey,
  };
  stub.rwset.writes.set(key, new TextEncoder().encode(JSON.stringify(value)));
  const status = at.world.ledger.commit(
    stub,
    at.hostile.map(({ mspId }) => mspId),
  );
  if (status === 'VALID') throw new Error('fewer hospitals than t wrote to the ledger');
  return Promise.resolve();
}

async function postChanged(at: AttackedConsortium): Promise<void> {
  if (at.posted.length === 0) return;
  const { path, body } = oneOf(at.posted, at.random);
  const message = mutated(body, at.seen, at.random);
  if (typeof message === 'object' && message !== null) await at.post({ path, body: message });
}

async function askForShares(at: AttackedConsortium): Promise<void> {
  if (at.intents.length === 0) return;
  const intentId = oneOf(at.intents, at.random);
  const answer = await at.post({ path: '/v1/releases', body: { intentId } });
  const { replies = [] } = (answer ?? {}) as Readonly<{ replies?: readonly SignedReleaseReply[] }>;
  const own = at.hostile.map(({ record }) => record.request.recordId);
  at.leaked += replies.filter(({ reply }) => !own.includes(reply.segment.recordId)).length;
}

async function declareIntent(at: AttackedConsortium): Promise<void> {
  const sessionKey = at.reader.sessionKey;
  const caller = at.anyHostile();
  await at.send(caller, {
    name: 'access:DeclareIntent',
    request: at.world.intentRequest(caller, at.record, { sessionKey }),
  });
}

async function startCeremony(at: AttackedConsortium): Promise<void> {
  const members = at.world.hospitals.map(({ mspId }) => mspId);
  const { custodian } = at.world.homeOf(oneOf(at.hostile, at.random));
  const request = {
    ceremonyId: at.world.names.id('ceremony'),
    kind: oneOf(['refresh', 'reshare'], at.random),
    threshold: Math.floor(members.length / 2) + 1,
    members,
  };
  await at.send(custodian, { name: 'custody:StartCeremony', request });
}

/** The own physician also reads under it, which counts against the limit of that consent. */
async function collideConsent(at: AttackedConsortium): Promise<void> {
  const { identities, mspId, patient, record } = oneOf(at.hostile, at.random);
  const consentId = collidingId(at);
  const grantee = { kind: 'hospital', mspId } as const;
  const consent = at.world.consent(patient, { grantee, consentId: consentId as never, maxReads: 1_000 });
  await at.send(at.anyHostile(), { name: 'consent:Grant', request: consent });
  for (const caller of identities.filter(({ role }) => role === 'physician'))
    await at.send(caller, { name: 'access:DeclareIntent', request: at.world.intentRequest(caller, record) });
}

async function collideHold(at: AttackedConsortium): Promise<void> {
  const { patient, mspId } = oneOf(at.hostile, at.random);
  const consentId = collidingId(at);
  const consent = at.world.consent(patient, {
    grantee: { kind: 'hospital', mspId },
    consentId: consentId as never,
  });
  await at.post({ path: '/v1/holds', body: at.world.revocation(patient, consent) });
}

async function rotateKey(at: AttackedConsortium): Promise<void> {
  const { mspId, patient } = oneOf(at.hostile, at.random);
  const { registrar } = at.world.homeOf({ mspId });
  const { handle } = at.patient;
  const request = {
    handle,
    publicKey: patient.publicKey,
    proof: at.world.names.bytes32(),
    nonce: at.world.names.nonce(),
  };
  const name = oneOf(
    ['RequestKeyRotation', 'ApproveKeyRotation', 'CancelKeyRotation', 'CompleteKeyRotation'],
    at.random,
  );
  await at.send(registrar, { name: `registry:${name}`, request });
}

async function suspend(at: AttackedConsortium): Promise<void> {
  const { mspId } = oneOf(at.hostile, at.random);
  const statement = {
    ...{ v: 1, kind: 'suspension', channel: 'tutela', mspId: at.doctor.mspId, practitionerId: at.doctor.id },
    ...{ reason: 'misconduct', signedAt: at.world.ledger.now, nonce: at.world.names.nonce() },
  };
  const by = { mspId, practitionerId: at.anyHostile().id, signature: 'A'.repeat(86) };
  await at.send(at.anyHostile(), {
    name: 'registry:SuspendPractitioner',
    request: { statement, signatures: [by] },
  });
}

async function registerCustodian(at: AttackedConsortium): Promise<void> {
  const { mspId, patient } = oneOf(at.hostile, at.random);
  const { custodian } = at.world.homeOf({ mspId });
  const request = { url: 'https://elsewhere.test:7000', publicKey: patient.publicKey };
  await at.send(custodian, { name: 'registry:RegisterCustodian', request });
}

function collidingId(at: AttackedConsortium): string {
  const known = at.seen.like(at.world.names.id('consent'), at.random);
  const aimed = at.random(2) === 0 ? known : (at.consentInUse ?? known);
  // What was seen may be cut: such an id makes no statement that could be signed.
  return CONSENT_ID.test(aimed) ? aimed : at.world.names.id('consent');
}

function changed(at: AttackedConsortium): Sent {
  const { name, request, options } = oneOf(at.sent, at.random);
  const isOther = at.random(20) === 0;
  return {
    name: isOther ? oneOf(at.sent, at.random).name : name,
    request: mutated(request, at.seen, at.random),
    options,
  };
}

function ofAnotherTime(at: AttackedConsortium): ProposalOptions {
  const by = oneOf([-1, 1], at.random) * at.random(oneOf([DAY_MS, YEAR_MS, 80 * YEAR_MS], at.random));
  return { timestampMs: at.world.ledger.nowMs + by };
}
