// SPDX-License-Identifier: Apache-2.0
import type { SignedConsent, SignedRevocation, TxId } from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import type { Committed } from '../ledger/ledger.js';
import type { Attempt } from './attempt.js';
import type { Consents } from './consents.js';
import { grantTogether } from './grant-together.js';
import { sendHolds, sendHoldsAlone, type HoldDeps } from './send-holds.js';
import type { ServiceDeps } from './service-deps.js';
import { sameJson, submitOnce } from './submit-once.js';

export type ConsentsDeps = Pick<ServiceDeps, 'ledger'> & HoldDeps;

/** Carries signed statements to the ledger, and revocations to the custodians besides. */
export function createConsents(deps: ConsentsDeps): Consents {
  const { ledger } = deps;
  const grant = grantTogether(ledger);
  return {
    grant: (actor, consent) => put(deps, actor, consent, grant),
    replace: (actor, consent, attempt) =>
      put(deps, actor, consent, () => ledger.submitOnce(actor, 'consent:Replace', () => consent, attempt)),
    revoke: async (actor, revocation, { holdOnly }, attempt) => {
      if (holdOnly) {
        // So that who asks again after an uncertain answer is not given that answer again.
        attempt.note({ holdOnly });
        return sendHoldsAlone(deps, revocation);
      }
      const [heldBy, txId] = await Promise.all([
        sendHolds(deps, revocation),
        revoke(deps, actor, revocation, attempt),
      ]);
      return { heldBy, txId };
    },
    get: (actor, of) => ledger.evaluate(actor, 'consent:Get', of),
    list: (actor, { handle, at }) =>
      at === undefined
        ? ledger.evaluate(actor, 'consent:ListByHandle', { handle })
        : ledger.evaluate(actor, 'consent:ListAsOf', { handle, at }),
  };
}

async function put(
  { ledger }: ConsentsDeps,
  actor: Actor,
  consent: SignedConsent,
  submit: (actor: Actor, consent: SignedConsent) => Promise<Committed<object>>,
): ReturnType<Consents['grant']> {
  const { handle, consentId, version } = consent.statement;
  const { txId } = await submitOnce(
    () => submit(actor, consent),
    async () => {
      const result = await ledger.evaluate(actor, 'consent:Get', { handle, consentId });
      return { result, txId: result.txId, same: sameJson(result.statement, consent.statement) };
    },
  );
  return { consentId, version, txId };
}

/** Submits the revocation; a custodian that got the hold may have been faster, which is as good. */
async function revoke(
  { ledger }: ConsentsDeps,
  actor: Actor,
  revocation: SignedRevocation,
  attempt: Attempt,
): Promise<TxId> {
  const { handle, consentId } = revocation.statement;
  const { txId } = await submitOnce(
    () => ledger.submitOnce(actor, 'consent:Revoke', () => revocation, attempt),
    async () => {
      const result = await ledger.evaluate(actor, 'consent:Get', { handle, consentId });
      const standing = result.revocation;
      return { result, txId: standing?.txId ?? result.txId, same: standing !== undefined };
    },
  );
  return txId;
}
