// SPDX-License-Identifier: Apache-2.0
import { nothing } from '../../domain/registry.js';
import { requireAnyone } from '../../state/caller.js';
import { evaluate } from '../../state/transaction.js';
import { degradedState } from './state.js';

/** Whether emergencies may open while the ledger stalls, and who voted for it. */
export const getMode = evaluate(nothing, async (reader) => {
  await requireAnyone(reader);
  return degradedState(reader);
});
