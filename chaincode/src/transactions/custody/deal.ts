// SPDX-License-Identifier: Apache-2.0
import { verifyDealing } from '@tutela/crypto/verify';
import { dealingsOf, termsOf } from '../../domain/ceremony.js';
import { dealCeremony, type Ceremony, type LedgerDealing, type Member } from '../../domain/custody.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { invalid, placeOf, previousSet, readRunning } from './ceremony-state.js';

/** A dealer publishes its commitments and sealed sub-shares; everything that needs no secret is verified here. */
export const deal = submit(dealCeremony, async (ledger, { ceremonyId, dealing }) => {
  await requireProcess(ledger, ['custodian']);
  const ceremony = await readRunning(ledger, ceremonyId, ['join']);
  if (ceremony.phase === 'joining') throw invalid('not everyone has joined yet');
  const dealer = placeOf(ledger, ceremony.dealers);
  const key = keys.ceremonyPart(ceremonyId, 'deal', dealer.mspId);
  await requireAbsent(ledger, key);
  await requireValid(ledger, { ...ceremony, dealings: { [dealer.mspId]: dealing } }, dealer, dealing);
  await write(ledger, key, { kind: 'deal', from: dealer.mspId, dealing });
  return { audit: { act: 'ceremony-dealt' } };
});

async function requireValid(
  ledger: Ledger,
  ceremony: Ceremony,
  { index }: Member,
  { subShares }: LedgerDealing,
): Promise<void> {
  const recipients = subShares.map(({ recipient }) => recipient).sort((a, b) => a - b);
  const expected = ceremony.members.map((member) => member.index);
  if (recipients.join() !== expected.join()) throw invalid('not one sub-share for each member');
  const [published] = dealingsOf(ceremony);
  if (published?.dealer !== index) throw invalid('not a dealer of this ceremony');
  const terms = termsOf(ceremony, await previousSet(ledger, ceremony));
  try {
    verifyDealing(terms, published);
  } catch (cause) {
    throw invalid('the dealing does not verify', cause);
  }
}
