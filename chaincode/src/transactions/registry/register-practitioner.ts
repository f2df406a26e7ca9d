// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import type { MspId } from '../../domain/ids.js';
import { registerPractitioner as request, type Practitioner } from '../../domain/registry.js';
import { requireRegistrar } from '../../state/caller.js';
import { keys, MARK } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { requirePublicKey } from '../../state/public-key.js';
import { listNamed, read, requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/** A hospital's registrar makes one of its own people known; a banned person does not return under another enrolment. */
export const registerPractitioner = submit(request, async (ledger, asked) => {
  await requireRegistrar(ledger);
  requirePublicKey(asked.publicKey);
  const { mspId } = ledger.caller;
  await requireAbsent(ledger, keys.practitioner(mspId, asked.practitionerId));
  await requireNotBanned(ledger, mspId, asked.personTag);
  const practitioner: Practitioner = { ...asked, v: 1, mspId, status: 'active', registeredAt: ledger.now };
  await Promise.all([
    write(ledger, keys.practitioner(mspId, asked.practitionerId), practitioner),
    write(ledger, keys.person(mspId, asked.personTag, asked.practitionerId), MARK),
  ]);
  return { answer: practitioner, audit: { act: 'practitioner-registered' } };
});

async function requireNotBanned(ledger: Ledger, mspId: MspId, personTag: string): Promise<void> {
  const enrolments = await listNamed(ledger, keys.person(mspId, personTag));
  const known = await Promise.all(
    // The last part of a person's key is the enrolment id that was decoded when it was written.
    enrolments.map(({ name }) =>
      read(ledger, keys.practitioner(mspId, name as Practitioner['practitionerId'])),
    ),
  );
  if (known.some((practitioner) => practitioner?.status === 'banned'))
    throw new DomainError('CALLER_INACTIVE', 'this person is banned at this hospital');
}
