// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { MAX_PASSKEYS } from '../../domain/passkey.js';
import type { Practitioner } from '../../domain/registry.js';
import { registerPasskey as request } from '../../domain/step-up.js';
import { requireRegistrar } from '../../state/caller.js';
import { keys, MARK } from '../../state/keys.js';
import { changeOwnPractitioner } from '../../state/practitioners.js';
import { requireStepUp } from '../../state/step-up.js';
import { readExisting, requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/**
 * A hospital's registrar gives one of its own people a passkey, which signs that it is there. A key is one person's
 * for good: nobody else gets it, at no hospital, and once removed it does not return.
 */
export const registerPasskey = submit(request, async (ledger, { practitionerId, passkey, stepUp }) => {
  await requireRegistrar(ledger);
  const { mspId, id } = ledger.caller;
  if (practitionerId === id)
    throw new DomainError('CALLER_NOT_ENTITLED', 'a person does not register the own passkey');
  const key = keys.practitioner(mspId, practitionerId);
  const before = await readExisting(ledger, key);
  const { passkeys = [] } = before;
  if (passkeys.length >= MAX_PASSKEYS)
    throw new DomainError('TOO_LARGE', `a practitioner has at most ${MAX_PASSKEYS} passkeys; remove one`);
  if (passkeys.some(({ credentialId }) => credentialId === passkey.credentialId))
    throw new DomainError('ALREADY_EXISTS', 'this passkey is registered already');
  await requireAbsent(ledger, keys.passkey(passkey.publicKey));
  const who = { mspId, practitionerId, passkeys: [passkey] };
  requireStepUp(ledger, who, { act: 'register-passkey', subject: passkey, stepUp });
  const changed: Practitioner = {
    ...before,
    passkeys: [...passkeys, { ...passkey, registeredAt: ledger.now }],
  };
  const after = await changeOwnPractitioner(ledger, before, changed);
  await write(ledger, keys.passkey(passkey.publicKey), MARK);
  return { answer: after, audit: { act: 'passkey-registered' } };
});
