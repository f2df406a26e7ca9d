// SPDX-License-Identifier: Apache-2.0
import { confirmCeremony } from '../../domain/custody.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { invalid, placeOf, readRunning, requireTranscript } from './ceremony-state.js';

/** A member states that its share fits the transcript with this hash, which must be the ledger's own. */
export const confirm = submit(confirmCeremony, async (ledger, { ceremonyId, transcriptHash }) => {
  await requireProcess(ledger, ['custodian']);
  const ceremony = await readRunning(ledger, ceremonyId, ['join', 'deal', 'complain']);
  if (ceremony.phase === 'disputed') throw invalid('a complaint waits for the dealer’s answer');
  if (ceremony.phase !== 'confirming') throw invalid('not everyone has dealt yet');
  const { mspId: from } = placeOf(ledger, ceremony.members);
  const key = keys.ceremonyPart(ceremonyId, 'confirm', from);
  await requireAbsent(ledger, key);
  await requireTranscript(ledger, ceremony, transcriptHash);
  await write(ledger, key, { kind: 'confirm', from, transcriptHash });
  return { audit: { act: 'ceremony-confirmed' } };
});
