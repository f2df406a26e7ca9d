// SPDX-License-Identifier: Apache-2.0
import { demandTerms, verifyDealingUnder } from '@tutela/crypto/verify';
import { dealingsOf, termsOf, type LedgerTerms, type PublishedDealing } from '../../domain/ceremony.js';
import { dealCeremony, type Ceremony, type LedgerDealing, type Member } from '../../domain/custody.js';
import { requireProcess } from '../../state/caller.js';
import { inTurn } from '../../state/in-turn.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { invalid, placeOf, previousSet, readRunning, writeOutcome } from './ceremony-state.js';

/**
 * A dealer publishes its commitments and sealed sub-shares; everything that needs no secret is verified here. Whoever
 * deals last has seen the others' dealings: one that makes no key together with them is refused, and its dealer stays
 * the one for whom the ceremony waits. What they make is written with the last one.
 */
export const deal = submit(dealCeremony, async (ledger, { ceremonyId, dealing }) => {
  await requireProcess(ledger, ['custodian']);
  const ceremony = await readRunning(ledger, ceremonyId, ['join', 'deal']);
  if (ceremony.phase === 'joining') throw invalid('not everyone has joined yet');
  const dealer = placeOf(ledger, ceremony.dealers);
  const key = keys.ceremonyPart(ceremonyId, 'deal', dealer.mspId);
  await requireAbsent(ledger, key);
  const previous = await previousSet(ledger, ceremony);
  const published = publishedBy(ceremony, dealer, dealing);
  await requireVerified(ledger, termsOf(ceremony, previous), published);
  const all = { ...ceremony, dealings: { ...ceremony.dealings, [dealer.mspId]: dealing } };
  if (dealingsOf(all).length === all.dealers.length) await writeOutcome(ledger, all, previous);
  await write(ledger, key, { kind: 'deal', from: dealer.mspId, dealing });
  return { audit: { act: 'ceremony-dealt' } };
});

function publishedBy(ceremony: Ceremony, { mspId, index }: Member, dealing: LedgerDealing): PublishedDealing {
  const recipients = dealing.subShares.map(({ recipient }) => recipient).sort((a, b) => a - b);
  const expected = ceremony.members.map((member) => member.index);
  if (recipients.join() !== expected.join()) throw invalid('not one sub-share for each member');
  const [published] = dealingsOf({ ...ceremony, dealings: { [mspId]: dealing } });
  if (published?.dealer !== index) throw invalid('not a dealer of this ceremony');
  return published;
}

async function requireVerified(
  reader: Reader,
  terms: LedgerTerms,
  published: PublishedDealing,
): Promise<void> {
  try {
    await inTurn(reader, () => {
      demandTerms(terms);
    });
    await inTurn(reader, () => verifyDealingUnder(terms, published));
  } catch (cause) {
    throw invalid('the dealing does not verify', cause);
  }
}
