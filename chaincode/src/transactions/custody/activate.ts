// SPDX-License-Identifier: Apache-2.0
import {
  ceremonyOutcome,
  decodeBase64url,
  encodeBase64url,
  keyId,
  type CeremonyOutcome,
} from '@tutela/crypto/verify';
import { dealingsOf, termsOf } from '../../domain/ceremony.js';
import { byCeremony, type Ceremony, type CustodianSet } from '../../domain/custody.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { remove, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { headOf, invalid, placeOf, previousSet, readRunning } from './ceremony-state.js';

/**
 * Puts the new custodian set in force: the ledger computes it from the published dealings itself. A new key needs the
 * confirmation of every member; an old key dealt anew needs as many as can use it.
 */
export const activate = submit(byCeremony, async (ledger, { ceremonyId }) => {
  await requireProcess(ledger, ['custodian']);
  const ceremony = await readRunning(ledger, ceremonyId, ['join', 'deal', 'confirm', 'complain']);
  placeOf(ledger, [...ceremony.members, ...ceremony.dealers]);
  if (ceremony.phase === 'disputed') throw invalid('a complaint waits for the dealer’s answer');
  if (ceremony.phase !== 'confirming') throw invalid('not everyone has dealt yet');
  const previous = await previousSet(ledger, ceremony);
  const outcome = outcomeOf(ceremony, previous);
  requireConfirmed(ceremony, outcome);
  const set = setOf(ceremony, outcome, ledger.now);
  await write(ledger, keys.custodians(), set);
  await write(ledger, keys.custodiansOf(set.epoch), set);
  await write(ledger, keys.ceremony(ceremonyId), headOf(ceremony, 'active'));
  await remove(ledger, keys.openCeremony());
  return { answer: set, audit: { act: 'custody-activated' } };
});

function outcomeOf(ceremony: Ceremony, previous: CustodianSet | undefined): CeremonyOutcome {
  try {
    return ceremonyOutcome(termsOf(ceremony, previous), dealingsOf(ceremony));
  } catch (cause) {
    throw invalid('the dealings make no key', cause);
  }
}

function requireConfirmed(
  { kind, threshold, members, confirmations }: Ceremony,
  outcome: CeremonyOutcome,
): void {
  const agreeing = members.filter(({ mspId }) => confirmations[mspId] === outcome.transcriptHash).length;
  if (agreeing < (kind === 'dkg' ? members.length : threshold))
    throw invalid('too few members have confirmed');
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
