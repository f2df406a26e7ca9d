// SPDX-License-Identifier: Apache-2.0
import { verifyDealing } from '@tutela/crypto/verify';
import { dealingsOf, termsOf } from '../../domain/ceremony.js';
import {
  dealCeremony,
  type Ceremony,
  type CustodianSet,
  type LedgerDealing,
  type Member,
} from '../../domain/custody.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { invalid, outcomeOf, placeOf, previousSet, readRunning } from './ceremony-state.js';

/**
 * A dealer publishes its commitments and sealed sub-shares; everything that needs no secret is verified here. Whoever
 * deals last has seen the others' dealings: one that makes no key together with them is refused, and its dealer stays
 * the one for whom the ceremony waits.
 */
export const deal = submit(dealCeremony, async (ledger, { ceremonyId, dealing }) => {
  await requireProcess(ledger, ['custodian']);
  const ceremony = await readRunning(ledger, ceremonyId, ['join', 'deal']);
  if (ceremony.phase === 'joining') throw invalid('not everyone has joined yet');
  const dealer = placeOf(ledger, ceremony.dealers);
  const key = keys.ceremonyPart(ceremonyId, 'deal', dealer.mspId);
  await requireAbsent(ledger, key);
  const previous = await previousSet(ledger, ceremony);
  const own = { ...ceremony, dealings: { [dealer.mspId]: dealing } };
  requireValid(own, previous, dealer, dealing);
  const all = { ...ceremony, dealings: { ...ceremony.dealings, ...own.dealings } };
  if (dealingsOf(all).length === all.dealers.length) outcomeOf(all, previous);
  await write(ledger, key, { kind: 'deal', from: dealer.mspId, dealing });
  return { audit: { act: 'ceremony-dealt' } };
});

function requireValid(
  ceremony: Ceremony,
  previous: CustodianSet | undefined,
  { index }: Member,
  { subShares }: LedgerDealing,
): void {
  const recipients = subShares.map(({ recipient }) => recipient).sort((a, b) => a - b);
  const expected = ceremony.members.map((member) => member.index);
  if (recipients.join() !== expected.join()) throw invalid('not one sub-share for each member');
  const [published] = dealingsOf(ceremony);
  if (published?.dealer !== index) throw invalid('not a dealer of this ceremony');
  try {
    verifyDealing(termsOf(ceremony, previous), published);
  } catch (cause) {
    throw invalid('the dealing does not verify', cause);
  }
}
