// SPDX-License-Identifier: Apache-2.0
import { judgeComplaint } from '@tutela/crypto/judge';
import { dealingsOf, termsOf } from '../../domain/ceremony.js';
import { revealCeremony, type Ceremony, type CustodianSet } from '../../domain/custody.js';
import type { MspId } from '../../domain/ids.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { readExisting, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import {
  endWithoutResult,
  invalid,
  placeOf,
  previousSet,
  readRunning,
  requireTranscript,
} from './ceremony-state.js';
import { waitsUntil } from './pace.js';

type Revealed = Readonly<{ subShare: string; sealSeed: string }>;

/**
 * A dealer answers a complaint by revealing the disputed sub-share and the seed of its seal. It is at fault unless
 * the value fits its commitments and sealing it again gives the published bytes; else the one who complained is. The
 * ceremony ends either way, on the account of who is at fault, and starts again with fresh polynomials and keys. A
 * complaint about another transcript than the ledger's finds no fault with any member.
 */
export const reveal = submit(revealCeremony, async (ledger, { ceremonyId, from, ...revealed }) => {
  await requireProcess(ledger, ['custodian']);
  const ceremony = await readRunning(ledger, ceremonyId, ['join', 'deal']);
  const { mspId: dealer } = placeOf(ledger, ceremony.dealers);
  const key = keys.ceremonyPart(ceremonyId, 'complain', from, dealer);
  const part = await readExisting(ledger, key);
  const transcriptHash = part.kind === 'complain' ? part.complaint.transcriptHash : undefined;
  await requireTranscript(ledger, ceremony, transcriptHash);
  const previous = await previousSet(ledger, ceremony);
  const fault = faultOf(ceremony, previous, { from, dealer, revealed });
  await write(ledger, key, {
    kind: 'complain',
    from,
    complaint: { from, dealer, ...(transcriptHash && { transcriptHash }), revealed, fault },
  });
  // Else a hospital that has to wait anyway would spoil ceremonies for an accomplice.
  const isWaiting = (await waitsUntil(ledger, fault)) !== undefined;
  await endWithoutResult(ledger, ceremony, isWaiting ? ceremony.startedBy : fault);
  return {
    answer: { fault },
    audit: { act: 'ceremony-aborted', outcome: 'refused', codes: ['CEREMONY_INVALID'] },
  };
});

function faultOf(
  ceremony: Ceremony,
  previous: CustodianSet | undefined,
  { from, dealer, revealed }: Readonly<{ from: MspId; dealer: MspId; revealed: Revealed }>,
): MspId {
  const { ceremonyId, dealers, members } = ceremony;
  const complainer = members.find(({ mspId }) => mspId === from)?.index ?? 0;
  const index = dealers.find(({ mspId }) => mspId === dealer)?.index ?? 0;
  const published = dealingsOf(ceremony).find((one) => one.dealer === index);
  if (published === undefined) throw invalid('that member has not dealt');
  const complaint = {
    v: 1,
    suite: 1,
    ceremonyId,
    dealer: index,
    complainer,
    reason: 'does-not-fit',
  } as const;
  const answer = { ceremonyId, dealer: index, recipient: complainer, ...revealed };
  const judged = judgeComplaint(termsOf(ceremony, previous), published, complaint, answer);
  return judged === 'dealer' ? dealer : from;
}
