// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { byPractitioner } from '../../domain/registry.js';
import { isByOwnHospital, type Suspension } from '../../domain/suspension.js';
import { requireRegistrar } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { read, readExisting, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/** One of the two hospitals that suspended another's person takes its word back; reinstating is then the own hospital's. */
export const liftSuspension = submit(byPractitioner, async (ledger, { mspId, practitionerId }) => {
  await requireRegistrar(ledger);
  const before = await readExisting(ledger, keys.suspension(mspId, practitionerId));
  const bySigner = before.signatures.some((by) => by.mspId === ledger.caller.mspId);
  if (!bySigner || ledger.caller.mspId === mspId)
    throw new DomainError('CALLER_NOT_ENTITLED', 'only another hospital that signed the suspension lifts it');
  const answer = await lift(ledger, before);
  return { answer, audit: { act: 'suspension-lifted' } };
});

/** The own hospital reinstates its person: what it signed ends with that, what two others signed they must lift first. */
export async function requireLifted(
  ledger: Ledger,
  { mspId, practitionerId }: Pick<Suspension['statement'], 'mspId' | 'practitionerId'>,
): Promise<void> {
  const suspension = await read(ledger, keys.suspension(mspId, practitionerId));
  if (suspension === undefined || suspension.liftedAt !== undefined) return;
  if (!isByOwnHospital(suspension))
    throw new DomainError(
      'FORBIDDEN_TRANSITION',
      'two other hospitals suspended this person; one must lift it',
    );
  await lift(ledger, suspension);
}

async function lift(ledger: Ledger, before: Suspension): Promise<Suspension> {
  if (before.liftedAt !== undefined)
    throw new DomainError('FORBIDDEN_TRANSITION', 'the suspension is lifted already');
  const after: Suspension = { ...before, liftedAt: ledger.now };
  const { mspId, practitionerId } = before.statement;
  await write(ledger, keys.suspension(mspId, practitionerId), after);
  return after;
}
