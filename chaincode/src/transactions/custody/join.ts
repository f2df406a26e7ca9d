// SPDX-License-Identifier: Apache-2.0
import { joinCeremony } from '../../domain/custody.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { placeOf, readRunning } from './ceremony-state.js';

/** A future holder of a share joins, with a key to which sub-shares of this ceremony alone are sealed. */
export const join = submit(joinCeremony, async (ledger, { ceremonyId, ephemeralKey }) => {
  await requireProcess(ledger, ['custodian']);
  const ceremony = await readRunning(ledger, ceremonyId, []);
  const { mspId: from } = placeOf(ledger, ceremony.members);
  const key = keys.ceremonyPart(ceremonyId, 'join', from);
  await requireAbsent(ledger, key);
  await write(ledger, key, { kind: 'join', from, ephemeralKey });
  return { audit: { act: 'ceremony-joined' } };
});
