// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  instantOf,
  isByOwnHospital,
  suspensionAuthor,
  suspensionBytes,
  suspensionStatement,
  toBase64Url,
  type IdentityRef,
  type SignedSuspension,
  type TxId,
} from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import { sendHolds, type HoldDeps } from './send-holds.js';
import type { ServiceDeps } from './service-deps.js';
import { sameJson, submitOnce } from './submit-once.js';
import type { SuspensionOutcome, Suspensions } from './suspensions.js';

type Deps = Pick<ServiceDeps, 'ledger' | 'identities' | 'random' | 'nowMs'> & HoldDeps;

const NONCE_BYTES = 16;

/** Signs suspensions with administrators' own keys and carries them to custodians and ledger (cryptography §7, F12). */
export function createSuspensions(deps: Deps): Suspensions {
  const { ledger, random, nowMs } = deps;
  return {
    suspend: async (actor, { mspId, practitionerId, reason }) => {
      const fields = { v: 1, kind: 'suspension', channel: ledger.channel, mspId, practitionerId, reason };
      const once = { signedAt: instantOf(nowMs()), nonce: toBase64Url(random(NONCE_BYTES)) };
      const statement = suspensionStatement({ ...fields, ...once }, 'statement');
      return putInEffect(deps, actor, await withSignature(deps, actor, { statement, signatures: [] }));
    },
    countersign: async (actor, suspension) =>
      putInEffect(deps, actor, await withSignature(deps, actor, suspension)),
    lift: async (actor, { mspId, practitionerId }) => {
      const { txId } = await ledger.submit(actor, 'registry:LiftSuspension', { mspId, practitionerId });
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
): Promise<SuspensionOutcome> {
  if (!isByOwnHospital(suspension) && suspension.signatures.length < 2) return { suspension, heldBy: [] };
  const [heldBy, txId] = await Promise.all([
    sendHolds(deps, suspension),
    submitSuspension(deps, actor, suspension),
  ]);
  return { suspension, heldBy, txId };
}

/** Submits the suspension; a custodian that got the hold may have been faster, which is as good. */
async function submitSuspension({ ledger }: Deps, actor: Actor, suspension: SignedSuspension): Promise<TxId> {
  const { mspId, practitionerId } = suspension.statement;
  const { txId } = await submitOnce(
    () => ledger.submit(actor, 'registry:SuspendPractitioner', suspension),
    async () => {
      const of = { mspId, practitionerId };
      const { suspensions } = await ledger.evaluate(actor, 'registry:ListSuspensions', of);
      const author = suspensionAuthor(suspension);
      const result = suspensions.find((one) => suspensionAuthor(one) === author);
      if (result === undefined) throw new DomainError('NOT_FOUND', 'no such suspension');
      const same = result.liftedAt === undefined && sameJson(result.statement, suspension.statement);
      return { result, txId: result.txId, same };
    },
  );
  return txId;
}
