// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { removePasskey as request } from '../../domain/passkey.js';
import type { Practitioner } from '../../domain/registry.js';
import { requireRegistrar } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { changeOwnPractitioner } from '../../state/practitioners.js';
import { readExisting } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/** A hospital's registrar takes a passkey away, of a device that was lost say: the next act under it is refused. */
export const removePasskey = submit(request, async (ledger, { practitionerId, credentialId }) => {
  await requireRegistrar(ledger);
  const key = keys.practitioner(ledger.caller.mspId, practitionerId);
  const before = await readExisting(ledger, key);
  const { passkeys = [] } = before;
  const left = passkeys.filter((passkey) => passkey.credentialId !== credentialId);
  if (left.length === passkeys.length) throw new DomainError('NOT_FOUND', 'no such passkey');
  const changed: Practitioner = { ...before, passkeys: left };
  const after = await changeOwnPractitioner(ledger, before, changed);
  return { answer: after, audit: { act: 'passkey-removed' } };
});
