// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { changePractitioner as request, type Practitioner } from '../../domain/registry.js';
import { requireRegistrar } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { changeOwnPractitioner } from '../../state/practitioners.js';
import { requirePublicKey } from '../../state/public-key.js';
import { readExisting } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { requireLifted } from './lift-suspension.js';

/** A hospital's registrar changes status, role, department or certified key of one of its own people, never the own ones. */
export const changePractitioner = submit(request, async (ledger, change) => {
  await requireRegistrar(ledger);
  requirePublicKey(change.publicKey);
  const { mspId, id } = ledger.caller;
  if (change.practitionerId === id)
    throw new DomainError('CALLER_NOT_ENTITLED', 'a person does not change the own entry');
  const key = keys.practitioner(mspId, change.practitionerId);
  const before = await readExisting(ledger, key);
  if (before.status === 'banned') throw new DomainError('FORBIDDEN_TRANSITION', 'a ban is final');
  if (change.status === 'active') await requireLifted(ledger, before);
  const changed: Practitioner = { ...before, ...change };
  const after = await changeOwnPractitioner(ledger, before, changed);
  return { answer: after, audit: { act: 'practitioner-changed' } };
});
