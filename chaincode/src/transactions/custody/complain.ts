// SPDX-License-Identifier: Apache-2.0
import { isSubShareValid, type Dealing } from '@tutela/crypto/verify';
import { dealingsOf } from '../../domain/ceremony.js';
import { complainCeremony } from '../../domain/custody.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { remove, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { headOf, invalid, placeOf, readRunning } from './ceremony-state.js';

/**
 * A member reveals the sub-share that a dealer sealed to it. One that fits the commitments is no ground for complaint;
 * any other ends the ceremony, and both names stay on the ledger. It starts again with fresh polynomials and keys.
 */
export const complain = submit(complainCeremony, async (ledger, { ceremonyId, dealer, revealed }) => {
  await requireProcess(ledger, ['custodian']);
  const ceremony = await readRunning(ledger, ceremonyId, ['join', 'deal']);
  const { mspId: from, index } = placeOf(ledger, ceremony.members);
  const place = ceremony.dealers.find(({ mspId }) => mspId === dealer);
  const dealing = dealingsOf(ceremony).find((published) => published.dealer === place?.index);
  if (dealing === undefined) throw invalid('that member has not dealt');
  if (fits(dealing, index, revealed)) throw invalid('the revealed sub-share fits what was published');
  await write(ledger, keys.ceremonyPart(ceremonyId, 'complain', from, dealer), {
    kind: 'complain',
    from,
    dealer,
    revealed,
  });
  await write(ledger, keys.ceremony(ceremonyId), headOf(ceremony, 'aborted'));
  await remove(ledger, keys.openCeremony());
  return { audit: { act: 'ceremony-aborted', outcome: 'refused', codes: ['CEREMONY_INVALID'] } };
});

function fits(dealing: Dealing, member: number, revealed: string): boolean {
  try {
    return isSubShareValid(dealing, member, revealed);
  } catch {
    // What is no scalar at all fits nothing.
    return false;
  }
}
