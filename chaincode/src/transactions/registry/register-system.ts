// SPDX-License-Identifier: Apache-2.0
import { registerSystem as request, type System } from '../../domain/registry.js';
import { requireRegistrar } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/** A hospital's registrar makes a client system known by the thumbprint of its key. */
export const registerSystem = submit(request, async (ledger, asked) => {
  await requireRegistrar(ledger);
  const key = keys.system(ledger.caller.mspId, asked.systemId);
  await requireAbsent(ledger, key);
  const system: System = {
    ...asked,
    v: 1,
    mspId: ledger.caller.mspId,
    status: 'active',
    registeredAt: ledger.now,
  };
  await write(ledger, key, system);
  return { answer: system, audit: { act: 'system-registered' } };
});
