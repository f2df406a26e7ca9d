// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { retiredVersion } from '../../domain/retirement.js';
import { isProcess, requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { retirementOf } from './certificate.js';

/** How far one retirement has come, for the author's hospital and for the processes that carry it out. */
export const getRetirement = evaluate(retiredVersion, async (reader, { recordId, version }) => {
  await requireAnyone(reader);
  const order = await read(reader, keys.retirement(recordId, version));
  if (order === undefined || !(isProcess(reader) || order.by.mspId === reader.caller.mspId))
    throw new DomainError('NOT_FOUND', 'no such retirement');
  return retirementOf(reader, order);
});
