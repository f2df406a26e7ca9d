// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { byPractitioner } from '../../domain/registry.js';
import {
  isByOwnHospital,
  isForeignAndInForce,
  suspensionAuthor,
  type IdentityRef,
  type Suspension,
} from '../../domain/suspension.js';
import { requireRegistrar } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { list, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/**
 * One of the hospitals that suspended another's person withdraws its signature from all suspensions of that person; the
 * own hospital may then reinstate the person.
 */
export const liftSuspension = submit(byPractitioner, async (ledger, { mspId, practitionerId }) => {
  await requireRegistrar(ledger);
  const all = await list(ledger, keys.suspension(mspId, practitionerId));
  if (all.length === 0) throw new DomainError('NOT_FOUND', 'no such suspension');
  const signed = all.filter((one) => !isByOwnHospital(one) && isAmongSigners(one, ledger.caller.mspId));
  if (signed.length === 0)
    throw new DomainError('CALLER_NOT_ENTITLED', 'only another hospital that signed the suspension lifts it');
  const inForce = signed.filter(isForeignAndInForce);
  if (inForce.length === 0) throw new DomainError('FORBIDDEN_TRANSITION', 'the suspension is lifted already');
  const suspensions = await Promise.all(inForce.map((one) => lift(ledger, one)));
  return { answer: { suspensions }, audit: { act: 'suspension-lifted' } };
});

/** The own hospital reinstates its person: what it signed ends with that, what others signed they must lift first. */
export async function requireLifted(ledger: Ledger, { mspId, practitionerId }: IdentityRef): Promise<void> {
  const all = await list(ledger, keys.suspension(mspId, practitionerId));
  if (all.some(isForeignAndInForce))
    throw new DomainError(
      'FORBIDDEN_TRANSITION',
      'two other hospitals suspended this person; one must lift it',
    );
  await Promise.all(all.filter((one) => one.liftedAt === undefined).map((one) => lift(ledger, one)));
}

function isAmongSigners({ signatures }: Suspension, hospital: string): boolean {
  return signatures.some(({ mspId }) => mspId === hospital);
}

async function lift(ledger: Ledger, before: Suspension): Promise<Suspension> {
  const after: Suspension = { ...before, liftedAt: ledger.now };
  const { mspId, practitionerId } = before.statement;
  await write(ledger, keys.suspension(mspId, practitionerId, suspensionAuthor(before)), after);
  return after;
}
