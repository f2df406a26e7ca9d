// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url, encodeBase64url } from '../base64url.js';
import { prefixedJson } from '../canonical.js';
import { demand } from '../errors.js';
import { sha256 } from '../kernel/hashing.js';
import { nobleGroup } from '../kernel/noble-group.js';
import { lagrangeAtZero } from '../kernel/scalar.js';
import { committedSubShare, type Dealing, verifyDealingUnder } from './dealing.js';
import {
  addCommitments,
  type CommittedPolynomial,
  evaluateCommitments,
  scaleCommitments,
} from './polynomial.js';
import { type CeremonyTerms, dealersOf, demandTerms, toCanonical } from './terms.js';

/** The public result of a ceremony, the same for everyone who reads the ledger; byte values in base64url. */
export interface CeremonyOutcome {
  readonly epoch: number;
  readonly threshold: number;
  readonly publicKey: string;
  /** Verification key of member j at position j − 1. */
  readonly verificationKeys: readonly string[];
  /** Hash over the terms and all dealings. */
  readonly transcriptHash: string;
}

/**
 * Computes the result of a ceremony from its complete set of dealings; needs no secret.
 * Throws `DEALING_SET` when a dealer is missing or appears twice, `DEALING` for an invalid dealing.
 */
export function ceremonyOutcome(terms: CeremonyTerms, dealings: readonly Dealing[]): CeremonyOutcome {
  const pieces = ceremonyOutcomeInPieces(terms, dealings);
  let piece = pieces.next();
  while (piece.done !== true) piece = pieces.next();
  return piece.value;
}

/**
 * As {@link ceremonyOutcome}, in pieces between which other work can go on: the terms, each dealing, and what they make
 * together.
 */
export function* ceremonyOutcomeInPieces(
  terms: CeremonyTerms,
  dealings: readonly Dealing[],
): Generator<undefined, CeremonyOutcome, undefined> {
  const ordered = orderDealings(terms, dealings);
  demandTerms(terms);
  yield;
  const polynomials: CommittedPolynomial[] = [];
  for (const dealing of ordered) {
    polynomials.push(weighted(terms, dealing.dealer, verifyDealingUnder(terms, dealing)));
    yield;
  }
  const polynomial = polynomials.reduce(addCommitments);
  return {
    epoch: terms.epoch,
    threshold: terms.threshold,
    publicKey: publicKeyOf(terms, polynomial),
    verificationKeys: terms.members.map((_, position) =>
      encodeBase64url(evaluateCommitments(polynomial, position + 1).toBytes()),
    ),
    transcriptHash: encodeBase64url(transcriptHash(terms, ordered)),
  };
}

/** The dealings in the order of their dealers, exactly one of each. */
function orderDealings(terms: CeremonyTerms, dealings: readonly Dealing[]): readonly Dealing[] {
  const dealers = dealersOf(terms);
  demand(dealings.length === dealers.length, 'DEALING_SET', 'not one dealing of each dealer');
  return dealers.map((dealer) => {
    const own = dealings.find((dealing) => dealing.dealer === dealer);
    demand(own !== undefined, 'DEALING_SET', 'a dealer is missing or appears twice');
    return own;
  });
}

// A new key adds what the dealers dealt; an old one is interpolated from the shares that they dealt anew.
function weighted(
  terms: CeremonyTerms,
  dealer: number,
  polynomial: CommittedPolynomial,
): CommittedPolynomial {
  if (terms.previous === null) return polynomial;
  return scaleCommitments(lagrangeAtZero(dealer, dealersOf(terms)), polynomial);
}

function publicKeyOf({ previous }: CeremonyTerms, polynomial: CommittedPolynomial): string {
  const publicKey = encodeBase64url(evaluateCommitments(polynomial, 0).toBytes());
  const kept = previous === null || previous.publicKey === publicKey;
  demand(kept, 'DEALING_SET', 'dealings do not keep the public key');
  return publicKey;
}

function transcriptHash(terms: CeremonyTerms, dealings: readonly Dealing[]): Uint8Array {
  const published = dealings.map(({ v, suite, ceremonyId, dealer, commitments, proof, sealed }) => ({
    v,
    suite,
    ceremonyId,
    dealer,
    commitments,
    proof,
    sealed,
  }));
  return sha256(prefixedJson('Tutela-v1-ceremony', { terms: toCanonical(terms), dealings: published }));
}

/** Whether a sub-share is the committed value of a dealing at a member's index; throws for a malformed one. */
export function isSubShareValid(dealing: Dealing, member: number, subShare: string): boolean {
  const value = nobleGroup.multiplyBase(decodeBase64url(subShare, 32));
  return encodeBase64url(value) === encodeBase64url(committedSubShare(dealing, member));
}
