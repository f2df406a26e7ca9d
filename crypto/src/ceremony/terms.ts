// SPDX-License-Identifier: Apache-2.0
import { x25519 } from '@noble/curves/ed25519.js';

import { decodeBase64url } from '../base64url.js';
import { type CanonicalValue, prefixedJson } from '../canonical.js';
import { CryptoError, demand } from '../errors.js';
import { sha256 } from '../kernel/hashing.js';
import { nobleGroup } from '../kernel/noble-group.js';
import { SUITE_S1, VERSION } from '../suite.js';

/** Greatest number of custodians in one set. */
export const MAX_MEMBERS = 64;

/** A custodian that will hold a share: its index is its place in the list, from 1. */
export interface CeremonyMember {
  readonly id: string;
  /** X25519 public key made for this ceremony alone, base64url of 32 bytes. */
  readonly encryptionKey: string;
}

/** The old epoch of a refresh or redistribution, as the ledger holds it; elements in base64url. */
export interface PreviousEpoch {
  readonly epoch: number;
  readonly threshold: number;
  readonly publicKey: string;
  /** Verification key of old index i at position i − 1. */
  readonly verificationKeys: readonly string[];
  /** The one set B of old indices that deal: exactly `threshold`, ascending. */
  readonly dealers: readonly number[];
}

/** What the ledger fixes before a ceremony; without a previous epoch it makes a new key. */
export interface CeremonyTerms {
  readonly v: number;
  readonly suite: number;
  readonly ceremonyId: string;
  /** The epoch that the ceremony makes. */
  readonly epoch: number;
  readonly threshold: number;
  readonly members: readonly CeremonyMember[];
  readonly previous: PreviousEpoch | null;
}

/** Refuses terms that no ceremony can have; throws `CEREMONY_TERMS` or a decoding code. */
export function demandTerms(terms: CeremonyTerms): void {
  const { v, suite, ceremonyId, epoch, threshold, members, previous } = terms;
  demand(v === VERSION, 'VERSION', 'unknown ceremony version');
  demand(suite === SUITE_S1, 'SUITE', 'unknown ceremony suite');
  demandTerm(ceremonyId.length >= 1 && ceremonyId.length <= 128, 'ceremony has no proper name');
  demandTerm(Number.isSafeInteger(epoch) && epoch >= 1 && epoch <= 0xffff_ffff, 'epoch is out of range');
  demandTerm(members.length >= 1 && members.length <= MAX_MEMBERS, 'too few or too many members');
  demandThreshold(threshold, members.length);
  demandTerm(new Set(members.map(({ id }) => id)).size === members.length, 'a member appears twice');
  demandTerm(
    new Set(members.map((member) => member.encryptionKey)).size === members.length,
    'members share a key',
  );
  members.forEach(({ encryptionKey }) => {
    demandEncryptionKey(decodeBase64url(encryptionKey, 32));
  });
  if (previous !== null) demandPrevious(previous, epoch);
}

/** Indices that deal: all members of a new key, or the fixed set of old ones. */
export function dealersOf({ members, previous }: CeremonyTerms): readonly number[] {
  return previous === null ? members.map((_, position) => position + 1) : previous.dealers;
}

/** Hash that names the terms, 32 bytes; every proof and sealed sub-share is bound to it. */
export function termsHash(terms: CeremonyTerms): Uint8Array {
  return sha256(prefixedJson('Tutela-v1-ceremony-terms', toCanonical(terms)));
}

/** A copy with the known fields only, so that what is hashed is what is read. */
export function toCanonical(terms: CeremonyTerms): CanonicalValue {
  const { v, suite, ceremonyId, epoch, threshold, members, previous } = terms;
  return {
    v,
    suite,
    ceremonyId,
    epoch,
    threshold,
    members: members.map(({ id, encryptionKey }) => ({ id, encryptionKey })),
    previous: previous === null ? null : canonicalPrevious(previous),
  };
}

function canonicalPrevious({ epoch, threshold, publicKey, verificationKeys, dealers }: PreviousEpoch) {
  return { epoch, threshold, publicKey, verificationKeys, dealers };
}

function demandPrevious(
  { epoch, threshold, publicKey, verificationKeys, dealers }: PreviousEpoch,
  next: number,
): void {
  demandTerm(
    Number.isSafeInteger(epoch) && epoch >= 1 && next === epoch + 1,
    'epoch does not follow the previous one',
  );
  demandTerm(verificationKeys.length <= MAX_MEMBERS, 'too many previous members');
  demandThreshold(threshold, verificationKeys.length);
  demandTerm(dealers.length === threshold, 'not as many dealers as the previous threshold');
  demandTerm(
    dealers.every((index, i) => isOldIndex(index, verificationKeys.length) && index > (dealers[i - 1] ?? 0)),
    'dealers are not ascending old indices',
  );
  [publicKey, ...verificationKeys].forEach((key) => nobleGroup.demandElement(decodeBase64url(key, 32)));
}

function isOldIndex(index: number, count: number): boolean {
  return Number.isSafeInteger(index) && index >= 1 && index <= count;
}

function demandThreshold(threshold: number, members: number): void {
  demandTerm(
    Number.isSafeInteger(threshold) && threshold >= 1 && threshold <= members,
    'threshold is out of range',
  );
}

function demandTerm(condition: boolean, message: string): asserts condition {
  demand(condition, 'CEREMONY_TERMS', message);
}

const FIELD_PRIME = 2n ** 255n - 19n;

// A coordinate has several encodings, of which one alone counts, so that no two members share a key under two names.
// Multiplying by any scalar gives zero exactly for the points of small order.
function demandEncryptionKey(publicKey: Uint8Array): void {
  const coordinate = publicKey.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  demandTerm(coordinate < FIELD_PRIME, 'an encryption key is not canonical');
  try {
    x25519.getSharedSecret(new Uint8Array(32).fill(1), publicKey);
  } catch {
    throw new CryptoError('CEREMONY_TERMS', 'an encryption key has small order');
  }
}
