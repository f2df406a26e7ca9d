// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { bySystem } from '../../domain/registry.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { readExisting } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** One client system of the caller's own hospital. */
export const getSystem = evaluate(bySystem, async (reader, { mspId, systemId }) => {
  await requireAnyone(reader);
  if (mspId !== reader.caller.mspId) throw new DomainError('NOT_FOUND', 'no such system');
  return readExisting(reader, keys.system(mspId, systemId));
});
