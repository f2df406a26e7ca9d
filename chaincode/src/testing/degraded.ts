// SPDX-License-Identifier: Apache-2.0
import { KeyObject, X509Certificate } from 'node:crypto';
import { sha256 } from '@tutela/crypto';
import { tagged } from '../domain/codec.js';
import {
  ACKNOWLEDGEMENT_PREFIX,
  degradedChallenge,
  degradedRequestHash,
  degradedSignedBytes,
  degradedStatement,
  type DegradedPart,
  type DegradedSignature,
  type DegradedStatement,
  type SignedAcknowledgement,
  type SignedDegradedRequest,
} from '../domain/degraded.js';
import type { SegmentRef } from '../domain/record.js';
import type { Identity } from './identity.js';
import { signBytes, type TestPatient } from './patient.js';
import type { TestWorld } from './world.js';

/** Whose request about whom; the rest is as usual. */
export type DegradedPlan = Readonly<{
  requester: Identity;
  patient: TestPatient;
  segments: readonly SegmentRef[];
  change?: Readonly<Record<string, unknown>>;
}>;

/** Who signs a request. */
export type DegradedTeam = Readonly<{ requester: Identity; cosigner: Identity; dutyOfficer?: Identity }>;

/** A statement for an emergency that the ledger cannot take: the summary, for an hour. */
export function degradedStatementOf(
  world: TestWorld,
  { requester, patient, segments, change = {} }: DegradedPlan,
): DegradedStatement {
  const statement = {
    v: 1,
    kind: 'degraded-emergency',
    channel: 'tutela',
    requester: { mspId: requester.mspId, practitionerId: requester.id },
    handle: patient.handle,
    reason: 'unconscious',
    reasonHash: world.names.bytes32(),
    scope: 'summary',
    timeBoxMinutes: 60,
    sessionKey: world.names.bytes32(),
    segments,
    declaredAt: world.ledger.now,
    nonce: world.names.nonce(),
    ...change,
  };
  return degradedStatement(statement, 'statement');
}

/** The statement with everybody's signature and the answer of everybody's device, registered or not. */
export function signDegraded(
  world: TestWorld,
  statement: DegradedStatement,
  team: DegradedTeam,
): SignedDegradedRequest {
  const as = (part: DegradedPart, who: Identity) => signDegradedAs(world, { part, statement }, who);
  const { certificate, signature, assertion } = as('requester', team.requester);
  return {
    statement,
    requester: { certificate, signature, assertion },
    cosigner: as('cosigner', team.cosigner),
    ...(team.dutyOfficer && { dutyOfficer: as('dutyOfficer', team.dutyOfficer) }),
  };
}

/** One person's signature in one part. */
export function signDegradedAs(
  world: TestWorld,
  { part, statement }: Readonly<{ part: DegradedPart; statement: DegradedStatement }>,
  person: Identity,
): DegradedSignature {
  const who = { mspId: person.mspId, practitionerId: person.id };
  return {
    ...who,
    certificate: new X509Certificate(person.certificatePem).raw.toString('base64url'),
    signature: signBytes(KeyObject.from(person.keys.privateKey), degradedSignedBytes(part, statement)),
    assertion: world.device(person).assert(degradedChallenge(statement, { part, ...who }, sha256)),
  };
}

/** A custodian's acknowledgement, as the custodian itself would sign it. */
export function acknowledgeDegraded(
  world: TestWorld,
  { mspId, keys }: Identity,
  request: SignedDegradedRequest,
  change: Readonly<Record<string, unknown>> = {},
): SignedAcknowledgement {
  const acknowledgement = {
    v: 1,
    suite: 1,
    channel: 'tutela',
    requestHash: degradedRequestHash(request, sha256),
    mspId,
    epoch: 1,
    at: world.ledger.now,
    journalHead: world.names.bytes32(),
    ...change,
  } as SignedAcknowledgement['acknowledgement'];
  const signature = signBytes(
    KeyObject.from(keys.privateKey),
    tagged(ACKNOWLEDGEMENT_PREFIX, acknowledgement),
  );
  return { acknowledgement, signature };
}
