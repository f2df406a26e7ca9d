// SPDX-License-Identifier: Apache-2.0
import { complainCeremony } from '../../domain/custody.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { invalid, placeOf, readRunning, requireTranscript } from './ceremony-state.js';

/**
 * A member cannot use what a dealer sealed to it. Nothing becomes active any more; the dealer answers by revealing
 * that one sub-share, which ends the ceremony and tells everyone whose fault it was.
 */
export const complain = submit(complainCeremony, async (ledger, { ceremonyId, dealer, transcriptHash }) => {
  await requireProcess(ledger, ['custodian']);
  const ceremony = await readRunning(ledger, ceremonyId, ['join', 'deal', 'complain']);
  if (ceremony.phase === 'disputed') throw invalid('a complaint waits for the dealer’s answer');
  if (ceremony.phase !== 'confirming') throw invalid('not everyone has dealt yet');
  const { mspId: from } = placeOf(ledger, ceremony.members);
  if (ceremony.dealings[dealer] === undefined) throw invalid('that member has not dealt');
  await requireTranscript(ledger, ceremony, transcriptHash);
  const key = keys.ceremonyPart(ceremonyId, 'complain', from, dealer);
  await write(ledger, key, { kind: 'complain', from, complaint: { from, dealer, transcriptHash } });
  return { audit: { act: 'ceremony-complained', outcome: 'refused', codes: ['CEREMONY_INVALID'] } };
});
