// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url, encodeBase64url } from '../base64url.js';
import { CryptoError, demand } from '../errors.js';
import { SUITE_S1, VERSION } from '../suite.js';
import { sealSubShare } from './seal-sub-share.js';
import type { DealerSecret } from './dealer-secret.js';
import type { Dealing } from './dealing.js';
import { isSubShareValid } from './outcome.js';
import type { Complaint } from './complaint-claim.js';
import type { Reveal } from './reveal.js';
import type { CeremonyTerms } from './terms.js';

/** Answers a complaint about one's own dealing. */
export function revealSubShare(secret: DealerSecret, complaint: Complaint): Reveal {
  const { ceremonyId, dealer } = secret;
  demand(
    complaint.ceremonyId === ceremonyId && complaint.dealer === dealer,
    'DEALING',
    'complaint is about another',
  );
  const subShare = secret.subShares[complaint.complainer - 1];
  const sealSeed = secret.sealSeeds[complaint.complainer - 1];
  demand(subShare !== undefined && sealSeed !== undefined, 'DEALING', 'complainer is no member');
  return { ceremonyId, dealer, recipient: complaint.complainer, subShare, sealSeed };
}

/**
 * Names the party at fault, the same for everyone: the dealer, unless its revealed value fits the commitments
 * and sealing it again gives the published bytes. No answer in time also counts against the dealer.
 * The ceremony ends either way and starts anew with fresh polynomials and keys.
 */
export function judgeComplaint(
  terms: CeremonyTerms,
  dealing: Dealing,
  complaint: Complaint,
  reveal: Reveal | undefined,
): 'dealer' | 'complainer' {
  const { v, suite, dealer, complainer } = complaint;
  demand(v === VERSION && suite === SUITE_S1, 'VERSION', 'unknown version or suite of a complaint');
  demand(
    complaint.ceremonyId === terms.ceremonyId && dealing.dealer === dealer,
    'DEALING',
    'complaint is about another',
  );
  demand(terms.members[complainer - 1] !== undefined, 'DEALING', 'complainer is no member');
  if (reveal?.ceremonyId !== terms.ceremonyId || reveal.dealer !== dealer || reveal.recipient !== complainer)
    return 'dealer';
  return isRevealHonest(terms, dealing, reveal) ? 'complainer' : 'dealer';
}

function isRevealHonest(
  terms: CeremonyTerms,
  dealing: Dealing,
  { recipient, subShare, sealSeed }: Reveal,
): boolean {
  try {
    const [value, seed] = [decodeBase64url(subShare, 32), decodeBase64url(sealSeed, 32)];
    const again = sealSubShare(terms, { dealer: dealing.dealer, recipient }, value, seed);
    return (
      isSubShareValid(dealing, recipient, subShare) &&
      encodeBase64url(again) === dealing.sealed[recipient - 1]
    );
  } catch (error) {
    if (error instanceof CryptoError) return false;
    throw error;
  }
}
