// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import {
  acknowledgedBy,
  ACKNOWLEDGEMENT_PREFIX,
  degradedOpenBy,
  degradedRequestHash,
  degradedSignedBytes,
  DomainError,
  instantOf,
  later,
  tagged,
  toBase64Url,
  type Assertion,
  type Custodian,
  type DegradedPart,
  type DegradedSignature,
  type DegradedStatement,
  type ErrorCode,
  type SignedAcknowledgement,
  type SignedDegradedRequest,
} from '@tutela/chaincode/domain';
import { encodeBase64url, generateHpkeKeyPair, isSignedBy } from '@tutela/crypto';
import { GATEWAY, type Actor } from '../../ledger/actor.js';
import { asTheyAnswer } from '../as-they-answer.js';
import { sha256 } from '../hashing.js';
import { refusalByCustodians } from '../release-replies.js';
import { degradedContent, type DegradedDeps } from './degraded-content.js';
import { DegradedDrafts } from './degraded-drafts.js';
import { LateAccusations } from './late-accusations.js';
import type { DegradedEmergencies, DegradedOpening, DesiredEmergency } from './degraded-emergencies.js';

const NONCE_BYTES = 16;
/** How long further acknowledgements are waited for once they are enough. */
const GRACE_MS = 1_000;

/** Emergencies while the ledger stalls; the rules are the custodians', on the last known state of their own peers. */
export function createDegradedEmergencies(deps: DegradedDeps): DegradedEmergencies {
  const drafts = new DegradedDrafts(deps);
  const late = new LateAccusations(deps);
  return {
    state: (actor) => deps.ledger.evaluate(actor, 'degraded:GetMode', {}),
    prepare: async (actor, desired) => {
      const session = generateHpkeKeyPair(deps.random);
      const statement = await statementFor(deps, requesterOf(deps, actor), desired, session.publicKey);
      return { draftId: drafts.add({ statement, session }), statement, openBy: degradedOpenBy(statement) };
    },
    sign: (actor, { statement, part, assertion }) => signAs(deps, actor, { part, statement, assertion }),
    open: async (actor, { draftId, assertion, cosigner, dutyOfficer }) => {
      const draft = drafts.find(actor, draftId);
      const { statement } = draft;
      const own = { part: 'requester', statement, assertion } as const;
      const { certificate, signature } = await signAs(deps, actor, own);
      const signed = { statement, requester: { certificate, signature, assertion }, cosigner };
      const request: SignedDegradedRequest = { ...signed, ...(dutyOfficer && { dutyOfficer }) };
      const { opening, acknowledgements } = await acknowledged(deps, request);
      drafts.replace(draftId, { ...draft, opened: { request, acknowledgements } });
      return opening;
    },
    content: async (actor, { draftId, segmentId }, signal) => {
      const { session, opened } = drafts.find(actor, draftId);
      if (opened === undefined)
        throw new DomainError('EMERGENCY_NOT_OPEN', 'the request has not been acknowledged yet');
      return degradedContent(deps, { release: opened, session, late }, segmentId, signal);
    },
    accuseLate: (signal) => late.follow(signal),
  };
}

async function statementFor(
  { ledger, random, nowMs }: DegradedDeps,
  requester: DegradedStatement['requester'],
  { segments, ...desired }: DesiredEmergency,
  sessionKey: Uint8Array,
): Promise<DegradedStatement> {
  const { handle, scope } = desired;
  const question = { handle, scope, people: [requester], ...(segments && { segments }) };
  const { capsules } = await ledger.evaluate(GATEWAY, 'degraded:GetContext', question);
  const named = capsules.map(({ ref }) => ref);
  if (named.length === 0) throw new DomainError('NOT_FOUND', 'there is nothing that this could open');
  return {
    ...{ v: 1, kind: 'degraded-emergency', channel: ledger.channel, requester, ...desired },
    sessionKey: encodeBase64url(sessionKey),
    segments: named,
    declaredAt: instantOf(nowMs()),
    nonce: toBase64Url(random(NONCE_BYTES)),
  };
}

function requesterOf({ ledger }: DegradedDeps, actor: Actor): DegradedStatement['requester'] {
  if (actor.kind !== 'practitioner')
    throw new DomainError('CALLER_NOT_ENTITLED', 'only a clinician opens an emergency');
  return { mspId: ledger.mspId, practitionerId: actor.practitionerId };
}

async function signAs(
  deps: DegradedDeps,
  actor: Actor,
  {
    part,
    statement,
    assertion,
  }: Readonly<{ part: DegradedPart; statement: DegradedStatement; assertion: Assertion }>,
): Promise<DegradedSignature> {
  const person = requesterOf(deps, actor);
  if (statement.channel !== deps.ledger.channel)
    throw new DomainError('BAD_REQUEST', 'the statement is of another channel');
  const { certificate, signStatement } = await deps.identities.signerOf(actor);
  return {
    ...person,
    certificate: new X509Certificate(certificate).raw.toString('base64url'),
    signature: signStatement(degradedSignedBytes(part, statement)),
    assertion,
  };
}

/**
 * The acknowledgements of enough custodians, and of all others that give theirs soon after; throws the refusal that enough
 * of them give.
 */
async function acknowledged(
  deps: DegradedDeps,
  request: SignedDegradedRequest,
): Promise<Readonly<{ opening: DegradedOpening; acknowledgements: readonly SignedAcknowledgement[] }>> {
  const set = await deps.custody.current();
  const requestHash = degradedRequestHash(request, sha256);
  const acknowledgements: SignedAcknowledgement[] = [];
  const codes: ErrorCode[] = [];
  const enough = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  const ask = (custodian: Custodian, signal: AbortSignal): Promise<SignedAcknowledgement> =>
    deps.custodians.acknowledge(custodian, request, signal);
  for await (const answered of asTheyAnswer(await deps.custody.custodians(), set, ask, enough.signal)) {
    if ('code' in answered) codes.push(answered.code);
    else if (isTrue(answered.custodian, answered.answer)) acknowledgements.push(answered.answer);
    if (acknowledgedBy(acknowledgements, requestHash, set).length < set.threshold) continue;
    grace ??= setTimeout(() => {
      enough.abort();
    }, GRACE_MS);
  }
  clearTimeout(grace);
  const by = acknowledgedBy(acknowledgements, requestHash, set);
  if (by.length < set.threshold) {
    deps.log.warn({ requestHash, acknowledged: by, codes }, 'custodians refused or did not answer');
    const refusal = refusalByCustodians(codes, set);
    if (refusal.code !== 'TOO_FEW_CUSTODIANS') throw refusal;
    throw new DomainError(
      'TOO_FEW_ACKNOWLEDGEMENTS',
      'fewer custodians than it takes have acknowledged this',
    );
  }
  const { declaredAt, timeBoxMinutes, segments } = request.statement;
  const expiresAt = later(declaredAt, timeBoxMinutes * 60_000);
  return { opening: { requestHash, acknowledgedBy: by, expiresAt, segments }, acknowledgements };
}

/** Whether this custodian made an acknowledgement. */
function isTrue(
  { mspId, publicKey }: Custodian,
  { acknowledgement, signature }: SignedAcknowledgement,
): boolean {
  const bytes = tagged(ACKNOWLEDGEMENT_PREFIX, acknowledgement);
  return acknowledgement.mspId === mspId && isSignedBy(publicKey, bytes, signature);
}
