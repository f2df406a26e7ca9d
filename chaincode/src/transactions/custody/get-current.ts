// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { nothing } from '../../domain/registry.js';
import { keys } from '../../state/keys.js';
import { read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** The custodian set in force; throws CUSTODY_INACTIVE before the first one. */
export const getCurrent = evaluate(nothing, async (reader) => {
  const set = await read(reader, keys.custodians());
  if (set === undefined) throw new DomainError('CUSTODY_INACTIVE', 'no custodian set is active yet');
  return set;
});
