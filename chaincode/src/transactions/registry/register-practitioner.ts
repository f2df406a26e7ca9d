// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { enrolmentId, type MspId } from '../../domain/ids.js';
import { registerPractitioner as request, type Practitioner } from '../../domain/registry.js';
import { isForeignAndInForce } from '../../domain/suspension.js';
import { requireRegistrar } from '../../state/caller.js';
import { keys, MARK } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { requirePublicKey } from '../../state/public-key.js';
import { list, listNamed, read, requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/**
 * A hospital's registrar makes one of its own people known; a person who is banned, or whom other hospitals have
 * suspended, does not return under another enrolment.
 */
export const registerPractitioner = submit(request, async (ledger, asked) => {
  await requireRegistrar(ledger);
  requirePublicKey(asked.publicKey);
  const { mspId } = ledger.caller;
  await requireAbsent(ledger, keys.practitioner(mspId, asked.practitionerId));
  await requireMayReturn(ledger, mspId, asked.personTag);
  const practitioner: Practitioner = { ...asked, v: 1, mspId, status: 'active', registeredAt: ledger.now };
  await Promise.all([
    write(ledger, keys.practitioner(mspId, asked.practitionerId), practitioner),
    write(ledger, keys.person(mspId, asked.personTag, asked.practitionerId), MARK),
  ]);
  return { answer: practitioner, audit: { act: 'practitioner-registered' } };
});

async function requireMayReturn(ledger: Ledger, mspId: MspId, personTag: string): Promise<void> {
  const people = await listNamed(ledger, keys.person(mspId, personTag));
  const enrolments = people.map(({ name }) => enrolmentId(name, 'practitionerId'));
  const known = await Promise.all(enrolments.map((id) => read(ledger, keys.practitioner(mspId, id))));
  if (known.some((practitioner) => practitioner?.status === 'banned'))
    throw new DomainError('CALLER_INACTIVE', 'this person is banned at this hospital');
  const suspensions = await Promise.all(enrolments.map((id) => list(ledger, keys.suspension(mspId, id))));
  if (suspensions.flat().some(isForeignAndInForce))
    throw new DomainError('CALLER_INACTIVE', 'other hospitals have suspended this person; one must lift it');
}
