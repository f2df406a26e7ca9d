// SPDX-License-Identifier: Apache-2.0
import { byCeremony } from '../../domain/custody.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { remove, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { headOf, placeOf, readRunning } from './ceremony-state.js';

/** Someone with a part in a ceremony ends it without a result; the present custodian set stays as it is. */
export const abort = submit(byCeremony, async (ledger, { ceremonyId }) => {
  await requireProcess(ledger, ['custodian', 'operator']);
  const ceremony = await readRunning(ledger, ceremonyId, []);
  placeOf(ledger, [...ceremony.members, ...ceremony.dealers]);
  await write(ledger, keys.ceremony(ceremonyId), headOf(ceremony, 'aborted'));
  await remove(ledger, keys.openCeremony());
  return { audit: { act: 'ceremony-aborted' } };
});
