// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url } from '../base64url.js';
import { equalBytes } from '../bytes.js';
import { CryptoError, demand } from '../errors.js';
import { hpkeOpen, importHpkePrivateKey } from '../hpke.js';
import { sodiumGroup } from '../kernel/sodium-group.js';
import { lagrangeAtZero } from '../kernel/scalar.js';
import { SUITE_S1, VERSION } from '../suite.js';
import type { Complaint } from './complaint-claim.js';
import { committedSubShare, type Dealing, subShareInfo, verifyDealing } from './dealing.js';
import type { CeremonyOutcome } from './outcome.js';
import { type CeremonyTerms, dealersOf, termsHash } from './terms.js';

/** The sub-share of one dealing, 32 secret bytes, or the complaint about it. */
export type Received =
  | { readonly ok: true; readonly dealer: number; readonly subShare: Uint8Array }
  | { readonly ok: false; readonly complaint: Complaint };

/** Where a member stands in a ceremony: its index and its X25519 private key for this ceremony. */
export interface Recipient {
  readonly index: number;
  readonly privateKey: Uint8Array;
}

/**
 * Opens and checks a member's sub-share of a dealing. A dealing that is publicly invalid throws,
 * since everyone sees that without a complaint.
 */
export function openSubShare(terms: CeremonyTerms, dealing: Dealing, recipient: Recipient): Received {
  verifyDealing(terms, dealing);
  const keys = importHpkePrivateKey(recipient.privateKey);
  const own = decodeBase64url(terms.members[recipient.index - 1]?.encryptionKey ?? '');
  demand(equalBytes(keys.publicKey, own), 'CEREMONY_TERMS', 'not the key of this member');
  const subShare = tryOpen(terms, dealing, recipient.index, keys);
  if (subShare === undefined) return refuse(dealing, recipient.index, 'does-not-open');
  if (!fits(dealing, recipient.index, subShare)) return refuse(dealing, recipient.index, 'does-not-fit');
  return { ok: true, dealer: dealing.dealer, subShare };
}

/** A member's key material of an epoch: its secret share beside what everyone knows. */
export interface CustodyKey extends CeremonyOutcome {
  readonly index: number;
  /** x_j, 32 secret bytes. */
  readonly secret: Uint8Array;
}

/**
 * Ends a ceremony for one member, given its `outcome`; throws unless every dealer's sub-share is there and the share fits
 * its key.
 */
export function finishCeremony(
  terms: CeremonyTerms,
  outcome: CeremonyOutcome,
  index: number,
  received: readonly Received[],
): CustodyKey {
  const dealers = dealersOf(terms);
  const weighted = dealers.map((dealer) => {
    const subShare = subShareOf(received, dealer);
    return terms.previous === null
      ? subShare
      : sodiumGroup.multiplyScalars(lagrangeAtZero(dealer, dealers), subShare);
  });
  const secret = weighted.reduce((sum, value) => sodiumGroup.addScalars(sum, value), new Uint8Array(32));
  const expected = decodeBase64url(outcome.verificationKeys[index - 1] ?? '');
  demand(
    equalBytes(sodiumGroup.multiplyBase(secret), expected),
    'SUB_SHARE',
    'share does not fit its verification key',
  );
  return { ...outcome, index, secret };
}

function subShareOf(received: readonly Received[], dealer: number): Uint8Array {
  const [own, ...others] = received.filter((one) => one.ok && one.dealer === dealer);
  if (own?.ok !== true || others.length > 0)
    throw new CryptoError('SUB_SHARE', 'a sub-share is missing or appears twice');
  return own.subShare;
}

function tryOpen(
  terms: CeremonyTerms,
  dealing: Dealing,
  index: number,
  keys: ReturnType<typeof importHpkePrivateKey>,
): Uint8Array | undefined {
  const sealed = decodeBase64url(dealing.sealed[index - 1] ?? '');
  try {
    return hpkeOpen(
      keys,
      { info: subShareInfo(terms, dealing.dealer, index), aad: termsHash(terms) },
      sealed,
    );
  } catch (error) {
    if (error instanceof CryptoError && error.code === 'HPKE_OPEN') return undefined;
    throw error;
  }
}

function fits(dealing: Dealing, index: number, subShare: Uint8Array): boolean {
  try {
    return equalBytes(sodiumGroup.multiplyBase(subShare), committedSubShare(dealing, index));
  } catch (error) {
    if (error instanceof CryptoError) return false;
    throw error;
  }
}

function refuse({ ceremonyId, dealer }: Dealing, complainer: number, reason: Complaint['reason']): Received {
  return { ok: false, complaint: { v: VERSION, suite: SUITE_S1, ceremonyId, dealer, complainer, reason } };
}
