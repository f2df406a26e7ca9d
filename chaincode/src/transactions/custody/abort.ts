// SPDX-License-Identifier: Apache-2.0
import { byCeremony, type Ceremony } from '../../domain/custody.js';
import { DomainError } from '../../domain/errors.js';
import { requireProcess } from '../../state/caller.js';
import type { Reader } from '../../state/ledger.js';
import { submit } from '../../state/transaction.js';
import { endWithoutResult, readRunning } from './ceremony-state.js';

/**
 * The starter of a ceremony, or a member of the new set, ends it without a result; the present set stays as it is. A
 * member can withhold its confirmation anyway. A custodian that would lose its share ends nothing.
 */
export const abort = submit(byCeremony, async (ledger, { ceremonyId }) => {
  await requireProcess(ledger, ['custodian', 'operator']);
  const ceremony = await readRunning(ledger, ceremonyId, []);
  requireEntitled(ledger, ceremony);
  await endWithoutResult(ledger, ceremony);
  return { audit: { act: 'ceremony-aborted' } };
});

function requireEntitled({ caller }: Reader, { startedBy, members }: Ceremony): void {
  if (![startedBy, ...members.map(({ mspId }) => mspId)].includes(caller.mspId))
    throw new DomainError(
      'CALLER_NOT_ENTITLED',
      'only its starter or a member of the new set ends a ceremony',
    );
}
