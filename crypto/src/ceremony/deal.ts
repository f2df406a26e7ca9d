// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url, encodeBase64url } from '../base64url.js';
import { equalBytes, type RandomBytes } from '../bytes.js';
import { demand } from '../errors.js';
import { sodiumGroup } from '../kernel/sodium-group.js';
import { systemRandom } from '../node.js';
import { SUITE_S1, VERSION } from '../suite.js';
import type { DealerSecret } from './dealer-secret.js';
import type { Dealing } from './dealing.js';
import { evaluate, randomPolynomial } from './polynomial.js';
import { provePossession } from './possession.js';
import { sealSubShare } from './seal-sub-share.js';
import { type CeremonyTerms, dealersOf, demandTerms, termsHash } from './terms.js';

/** A dealing for the ledger and the dealer's secret side of it. */
export interface Dealt {
  readonly dealing: Dealing;
  readonly secret: DealerSecret;
}

/** Deals a part of a new key: a fresh polynomial whose constant nobody else learns. */
export function dealNewKey(terms: CeremonyTerms, dealer: number, random: RandomBytes = systemRandom): Dealt {
  demand(terms.previous === null, 'CEREMONY_TERMS', 'ceremony shares an existing key');
  return dealPolynomial(terms, dealer, randomPolynomial(sodiumGroup, terms.threshold, random), random);
}

/** Deals an old share anew (refresh and redistribution): a fresh polynomial with the share as its constant. */
export function dealOldShare(
  terms: CeremonyTerms,
  dealer: number,
  oldShare: Uint8Array,
  random: RandomBytes = systemRandom,
): Dealt {
  const expected = terms.previous?.verificationKeys[dealer - 1] ?? '';
  demand(terms.previous !== null, 'CEREMONY_TERMS', 'ceremony makes a new key');
  const isOwn = equalBytes(sodiumGroup.multiplyBase(oldShare), decodeBase64url(expected));
  demand(isOwn, 'DEALING', 'share is not the one of the previous epoch');
  return dealPolynomial(
    terms,
    dealer,
    randomPolynomial(sodiumGroup, terms.threshold, random, oldShare),
    random,
  );
}

/** Deals a given polynomial, lowest coefficient first, without asking whether it is the right one. */
export function dealPolynomial(
  terms: CeremonyTerms,
  dealer: number,
  coefficients: readonly Uint8Array[],
  random: RandomBytes,
): Dealt {
  demandTerms(terms);
  demand(dealersOf(terms).includes(dealer), 'DEALING', 'not a dealer of this ceremony');
  const { ceremonyId, members } = terms;
  const hash = termsHash(terms);
  const commitments = coefficients.map((coefficient) => sodiumGroup.multiplyBase(coefficient));
  const [constant] = coefficients;
  demand(constant !== undefined, 'CEREMONY_TERMS', 'polynomial has no constant');
  const proof = provePossession(sodiumGroup, constant, { termsHash: hash, dealer, commitments }, random);
  const subShares = members.map((_, position) => evaluate(sodiumGroup, coefficients, position + 1));
  const sealSeeds = members.map(() => random(32));
  const sealed = members.map((_, position) =>
    sealSubShare(terms, { dealer, recipient: position + 1 }, subShares[position], sealSeeds[position]),
  );
  return {
    dealing: {
      v: VERSION,
      suite: SUITE_S1,
      ceremonyId,
      dealer,
      ...encodeAll({ commitments, sealed }),
      proof: encodeBase64url(proof),
    },
    secret: { ceremonyId, dealer, ...encodeAll({ subShares, sealSeeds }) },
  };
}

function encodeAll<K extends string>(lists: Record<K, readonly Uint8Array[]>): Record<K, readonly string[]>;
function encodeAll(lists: Record<string, readonly Uint8Array[]>): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.map(encodeBase64url)]));
}
