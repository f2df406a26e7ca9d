// SPDX-License-Identifier: Apache-2.0
import { isEarly, MAX_CEREMONY_OPEN_MS } from '../../domain/ceremony-pace.js';
import { byCeremony, type Ceremony } from '../../domain/custody.js';
import { DomainError } from '../../domain/errors.js';
import { requireProcess } from '../../state/caller.js';
import { msOf } from '../../domain/time.js';
import type { Reader } from '../../state/ledger.js';
import { submit } from '../../state/transaction.js';
import { endWithoutResult, previousSet, readRunning } from './ceremony-state.js';
import { requirePace } from './pace.js';

/**
 * The starter of a ceremony, or a member of the new set, ends it without a result; the present set stays as it is. A
 * member can withhold its confirmation anyway. A custodian that would lose its share ends nothing before the ceremony was
 * open for as long as any may be. Who ends another's ceremony early does so at its own pace, as if it had started it; the
 * starter waits for the time that it was open, or it would start the next one at once.
 */
export const abort = submit(byCeremony, async (ledger, { ceremonyId }) => {
  await requireProcess(ledger, ['custodian', 'operator']);
  const ceremony = await readRunning(ledger, ceremonyId, []);
  const openMs = msOf(ledger.now) - msOf(ceremony.startedAt);
  await requireEntitled(ledger, ceremony, openMs);
  const { mspId } = ledger.caller;
  const isOnOwnAccount = mspId !== ceremony.startedBy && isEarly(ceremony.kind, openMs);
  if (isOnOwnAccount) await requirePace(ledger);
  await endWithoutResult(ledger, ceremony, isOnOwnAccount ? mspId : ceremony.startedBy, {
    starterWaits: true,
  });
  return { audit: { act: 'ceremony-aborted' } };
});

async function requireEntitled(reader: Reader, ceremony: Ceremony, openMs: number): Promise<void> {
  const { startedBy, members } = ceremony;
  const inForce = openMs < MAX_CEREMONY_OPEN_MS ? undefined : await previousSet(reader, ceremony);
  const entitled = [...members, ...(inForce?.members ?? [])].map(({ mspId }) => mspId);
  if (![startedBy, ...entitled].includes(reader.caller.mspId))
    throw new DomainError(
      'CALLER_NOT_ENTITLED',
      'only its starter or a member of the new set ends a ceremony, and after four hours any present custodian',
    );
}
