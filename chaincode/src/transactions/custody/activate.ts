// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url, encodeBase64url, keyId, type CeremonyOutcome } from '@tutela/crypto/verify';
import { byCeremony, type Ceremony, type CustodianSet } from '../../domain/custody.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { remove, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { headOf, invalid, outcomeOf, placeOf, readRunning } from './ceremony-state.js';

/**
 * Puts the new custodian set in force: the ledger computes it from the published dealings itself. Every member of the
 * new set has confirmed its share before, whatever the kind of the ceremony: so a complaint of
 * a member that was dealt a bad one counts, however late it is ordered, and old shares are erased only when no one needs them.
 */
export const activate = submit(byCeremony, async (ledger, { ceremonyId }) => {
  await requireProcess(ledger, ['custodian']);
  const ceremony = await readRunning(ledger, ceremonyId, ['join', 'deal', 'confirm', 'complain']);
  placeOf(ledger, [...ceremony.members, ...ceremony.dealers]);
  if (ceremony.phase === 'disputed') throw invalid('a complaint waits for the dealer’s answer');
  if (ceremony.phase !== 'confirming') throw invalid('not everyone has dealt yet');
  // First, so that an activation that is too early computes nothing.
  requireConfirmed(ceremony, (confirmation) => confirmation !== undefined);
  const outcome = await outcomeOf(ledger, ceremony);
  requireConfirmed(ceremony, (confirmation) => confirmation === outcome.transcriptHash);
  const set = setOf(ceremony, outcome, ledger.now);
  await write(ledger, keys.custodians(), set);
  await write(ledger, keys.custodiansOf(set.epoch), set);
  await write(ledger, keys.ceremony(ceremonyId), headOf(ceremony, 'active'));
  await remove(ledger, keys.openCeremony());
  return { answer: set, audit: { act: 'custody-activated' } };
});

function requireConfirmed(
  { members, confirmations }: Ceremony,
  isConfirmed: (confirmation: string | undefined) => boolean,
): void {
  const missing = members.filter(({ mspId }) => !isConfirmed(confirmations[mspId]));
  if (missing.length > 0)
    throw invalid(`not yet confirmed by ${missing.map(({ mspId }) => mspId).join(', ')}`);
}

function setOf(
  { members, ceremonyId }: Ceremony,
  { epoch, threshold, publicKey, verificationKeys, transcriptHash }: CeremonyOutcome,
  activatedAt: CustodianSet['activatedAt'],
): CustodianSet {
  const kid = encodeBase64url(keyId(decodeBase64url(publicKey)));
  return {
    v: 1,
    epoch,
    threshold,
    members,
    publicKey,
    kid,
    verificationKeys,
    transcriptHash,
    ceremonyId,
    activatedAt,
  };
}
