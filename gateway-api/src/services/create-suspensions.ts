// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  instantOf,
  isByOwnHospital,
  suspensionAuthor,
  suspensionBytes,
  suspensionStatement,
  type IdentityRef,
  type SignedSuspension,
  type Suspension,
  type SuspensionStatement,
} from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Committed } from '../ledger/ledger.js';
import type { Attempt } from './attempt.js';
import { derivedNonce } from './new-id.js';
import { sendHolds, type HoldDeps } from './send-holds.js';
import type { ServiceDeps } from './service-deps.js';
import { sameJson, submitOnce } from './submit-once.js';
import type { SuspensionOutcome, Suspensions } from './suspensions.js';

type Deps = Pick<ServiceDeps, 'ledger' | 'identities' | 'nowMs'> & HoldDeps;

/** Signs suspensions with administrators' own keys and carries them to custodians and ledger (cryptography §7, F12). */
export function createSuspensions(deps: Deps): Suspensions {
  const { ledger, nowMs } = deps;
  return {
    suspend: async (actor, { mspId, practitionerId, reason }, attempt) => {
      const fields = { v: 1, kind: 'suspension', channel: ledger.channel, mspId, practitionerId, reason };
      const once = { signedAt: instantOf(nowMs()), nonce: derivedNonce(attempt.seed) };
      const statement = suspensionStatement({ ...fields, ...once }, 'statement');
      const suspension = await withSignature(deps, actor, { statement, signatures: [] });
      return putInEffect(deps, actor, suspension, attempt);
    },
    countersign: async (actor, suspension, attempt) =>
      putInEffect(deps, actor, await withSignature(deps, actor, suspension), attempt),
    lift: async (actor, { mspId, practitionerId }, attempt) => {
      const of = { mspId, practitionerId };
      const { txId } = await ledger.submitOnce(actor, 'registry:LiftSuspension', () => of, attempt);
      return { txId };
    },
    list: (actor, of) => ledger.evaluate(actor, 'registry:ListSuspensions', of),
  };
}

/** The suspension with the acting administrator's signature; one that this hospital gave before makes room for it. */
async function withSignature(
  { ledger, identities }: Deps,
  actor: Actor,
  { statement, signatures }: SignedSuspension,
): Promise<SignedSuspension> {
  const by = await administrator({ ledger }, actor);
  const { signStatement } = await identities.signerOf(actor);
  const own = { ...by, signature: signStatement(suspensionBytes(statement, by)) };
  return { statement, signatures: [...signatures.filter(({ mspId }) => mspId !== by.mspId), own].slice(-2) };
}

async function administrator({ ledger }: Pick<Deps, 'ledger'>, actor: Actor): Promise<IdentityRef> {
  if (actor.kind !== 'practitioner')
    throw new DomainError('CALLER_NOT_ENTITLED', 'only an administrator suspends an identity');
  const by = { mspId: ledger.mspId, practitionerId: actor.practitionerId };
  const { role } = await ledger.evaluate(actor, 'registry:GetPractitioner', by);
  if (role !== 'administrator')
    throw new DomainError('CALLER_NOT_ENTITLED', 'only an administrator suspends an identity');
  return by;
}

async function putInEffect(
  deps: Deps,
  actor: Actor,
  suspension: SignedSuspension,
  attempt: Attempt,
): Promise<SuspensionOutcome> {
  if (!isByOwnHospital(suspension) && suspension.signatures.length < 2) return { suspension, heldBy: [] };
  const [heldBy, { txId, result }] = await Promise.all([
    sendHolds(deps, suspension),
    submitSuspension(deps, actor, suspension, attempt),
  ]);
  const { statement, signatures } = result;
  return { suspension: { statement, signatures }, heldBy, txId };
}

/** Submits the suspension; a custodian that got the hold may have been faster, which is as good. */
async function submitSuspension(
  { ledger }: Deps,
  actor: Actor,
  suspension: SignedSuspension,
  attempt: Attempt,
): Promise<Committed<Suspension>> {
  const { mspId, practitionerId } = suspension.statement;
  return submitOnce<Suspension>(
    () => ledger.submitOnce(actor, 'registry:SuspendPractitioner', () => suspension, attempt),
    async () => {
      const of = { mspId, practitionerId };
      const { suspensions } = await ledger.evaluate(actor, 'registry:ListSuspensions', of);
      const author = suspensionAuthor(suspension);
      const result = suspensions.find((one) => suspensionAuthor(one) === author);
      if (result === undefined) throw new DomainError('NOT_FOUND', 'no such suspension');
      const same = result.liftedAt === undefined && isSameAct(result.statement, suspension.statement);
      return { result, txId: result.txId, same };
    },
  );
}

/** A repeated request is signed at another time, with the same nonce. */
function isSameAct(one: SuspensionStatement, other: SuspensionStatement): boolean {
  return sameJson({ ...one, signedAt: other.signedAt }, other);
}
