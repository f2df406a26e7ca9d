// SPDX-License-Identifier: Apache-2.0
import { byPractitioner } from '../../domain/registry.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { list } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** The suspensions of an identity: the newest one by each set of hospitals, in force or lifted. */
export const listSuspensions = evaluate(byPractitioner, async (reader, { mspId, practitionerId }) => {
  await requireAnyone(reader);
  return { suspensions: await list(reader, keys.suspension(mspId, practitionerId)) };
});
