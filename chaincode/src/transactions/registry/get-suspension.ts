// SPDX-License-Identifier: Apache-2.0
import { byPractitioner } from '../../domain/registry.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { readExisting } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** The newest suspension of an identity, whether it stands or was lifted. */
export const getSuspension = evaluate(byPractitioner, async (reader, { mspId, practitionerId }) => {
  await requireAnyone(reader);
  return readExisting(reader, keys.suspension(mspId, practitionerId));
});
