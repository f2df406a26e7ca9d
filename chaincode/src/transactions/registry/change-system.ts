// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { changeSystem as request, type System } from '../../domain/registry.js';
import { requireRegistrar } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { readExisting, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/** A hospital's registrar suspends a client system, lets it act again, or bans it for good. */
export const changeSystem = submit(request, async (ledger, { systemId, status }) => {
  await requireRegistrar(ledger);
  const key = keys.system(ledger.caller.mspId, systemId);
  const before = await readExisting(ledger, key);
  if (before.status === 'banned') throw new DomainError('FORBIDDEN_TRANSITION', 'a ban is final');
  const after: System = { ...before, status };
  await write(ledger, key, after);
  return { answer: after, audit: { act: 'system-changed' } };
});
