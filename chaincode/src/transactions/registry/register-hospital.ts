// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { nothing, type Hospital } from '../../domain/registry.js';
import { isRegistrar } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/** A hospital puts itself on the ledger, by its own registrar. */
export const registerHospital = submit(nothing, async (ledger) => {
  if (!isRegistrar(ledger))
    throw new DomainError('CALLER_NOT_ENTITLED', 'only the registrar registers the hospital');
  const { mspId } = ledger.caller;
  await requireAbsent(ledger, keys.hospital(mspId));
  const hospital: Hospital = { v: 1, mspId, status: 'active', registeredAt: ledger.now };
  await write(ledger, keys.hospital(mspId), hospital);
  return { answer: hospital, audit: { act: 'hospital-registered' } };
});
