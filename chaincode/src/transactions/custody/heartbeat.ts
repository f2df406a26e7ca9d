// SPDX-License-Identifier: Apache-2.0
import { heartbeat as request } from '../../domain/custody.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { advancePeriod } from '../../state/period.js';
import { write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/**
 * A custodian shows that its transactions reach everyone; the newest sign of life of each replaces the one before. When
 * the period of the ledger is over, it begins the next.
 */
export const heartbeat = submit(request, async (ledger, sign) => {
  await requireProcess(ledger, ['custodian']);
  const { mspId } = ledger.caller;
  await write(ledger, keys.heartbeat(mspId), { ...sign, v: 1, mspId, at: ledger.now, txId: ledger.txId });
  await advancePeriod(ledger);
  return { audit: { act: 'heartbeat' } };
});
