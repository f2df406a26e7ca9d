// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url } from '../base64url.js';
import { prefixedJson } from '../canonical.js';
import { demand } from '../errors.js';
import { nobleGroup } from '../kernel/noble-group.js';
import { SUITE_S1, VERSION } from '../suite.js';
import { type CommittedPolynomial, decodeCommitments, evaluateCommitments } from './polynomial.js';
import { checkPossession } from './possession.js';
import { type CeremonyTerms, dealersOf, demandTerms, termsHash } from './terms.js';

/** What one dealer publishes on the ledger; byte values in base64url. */
export interface Dealing {
  readonly v: number;
  readonly suite: number;
  readonly ceremonyId: string;
  readonly dealer: number;
  /** Coefficients times G, lowest first, as many as the new threshold. */
  readonly commitments: readonly string[];
  /** Proof of possession of the constant term, 64 bytes. */
  readonly proof: string;
  /** HPKE-sealed sub-share for member j at position j − 1, 80 bytes each. */
  readonly sealed: readonly string[];
}

/** Length of a sealed sub-share in bytes. */
export const SEALED_SUB_SHARE_LENGTH = 80;

/**
 * Checks all of a dealing that needs no secret: shape, proof of possession, a value for each member that is not the
 * identity and, when an old key is shared anew, that its constant term is the dealer's old share. Throws `DEALING` or a
 * decoding code.
 */
export function verifyDealing(terms: CeremonyTerms, dealing: Dealing): void {
  demandTerms(terms);
  verifyDealingUnder(terms, dealing);
}

/** As {@link verifyDealing}, under terms that were checked before; returns the committed polynomial. */
export function verifyDealingUnder(terms: CeremonyTerms, dealing: Dealing): CommittedPolynomial {
  const { v, suite, ceremonyId, dealer, sealed } = dealing;
  demand(v === VERSION, 'VERSION', 'unknown dealing version');
  demand(suite === SUITE_S1, 'SUITE', 'unknown dealing suite');
  demand(ceremonyId === terms.ceremonyId, 'DEALING', 'dealing of another ceremony');
  demand(dealersOf(terms).includes(dealer), 'DEALING', 'not a dealer of this ceremony');
  demand(
    dealing.commitments.length === terms.threshold,
    'DEALING',
    'not as many commitments as the threshold',
  );
  demand(sealed.length === terms.members.length, 'DEALING', 'not one sealed sub-share for each member');
  sealed.forEach((text) => decodeBase64url(text, SEALED_SUB_SHARE_LENGTH));
  const commitments = commitmentsOf(dealing);
  const polynomial = decodeCommitments(commitments);
  const context = { termsHash: termsHash(terms), dealer, commitments };
  demand(
    checkPossession(nobleGroup, decodeBase64url(dealing.proof, 64), context),
    'DEALING',
    'proof of possession fails',
  );
  demandOldShare(terms, dealing);
  // A dealer that gives a member nothing would make the outcome fail, and whoever deals last would answer for it.
  terms.members.forEach((_, position) => evaluateCommitments(polynomial, position + 1));
  return polynomial;
}

function demandOldShare({ previous }: CeremonyTerms, { dealer, commitments }: Dealing): void {
  if (previous === null) return;
  demand(
    commitments[0] === previous.verificationKeys[dealer - 1],
    'DEALING',
    'constant term is not the old share',
  );
}

/** What the committed polynomial of a dealing gives a member, times G; throws `ELEMENT` for the identity. */
export function committedSubShare(dealing: Dealing, member: number): Uint8Array {
  return evaluateCommitments(decodeCommitments(commitmentsOf(dealing)), member).toBytes();
}

function commitmentsOf({ commitments }: Dealing): readonly Uint8Array[] {
  return commitments.map((text) => decodeBase64url(text, 32));
}

/** HPKE info of the sub-share from a dealer to a member. */
export function subShareInfo(
  { ceremonyId, epoch }: CeremonyTerms,
  dealer: number,
  recipient: number,
): Uint8Array {
  return prefixedJson('Tutela-v1-sub-share', { v: 1, suite: 1, ceremonyId, epoch, dealer, recipient });
}
