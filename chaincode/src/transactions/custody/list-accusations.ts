// SPDX-License-Identifier: Apache-2.0
import { nothing } from '../../domain/registry.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { list } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** Every proven lie of a custodian. */
export const listAccusations = evaluate(nothing, async (reader) => {
  await requireAnyone(reader);
  return { accusations: await list(reader, keys.accusation()) };
});
