// SPDX-License-Identifier: Apache-2.0
import { concatBytes, demandLength, equalBytes, i2osp, lp, type RandomBytes, utf8 } from '../bytes.js';
import { GENERATOR, type Group } from '../kernel/group.js';
import { hashToScalar } from '../kernel/hashing.js';
import { demandScalar } from '../kernel/scalar.js';

/** What a proof of possession is bound to: a dealer's commitments within one ceremony. */
export interface PossessionContext {
  readonly termsHash: Uint8Array;
  readonly dealer: number;
  readonly commitments: readonly Uint8Array[];
}

const CHALLENGE_DOMAIN = utf8('Tutela-v1-possession-ristretto255-SHA512');
const NONCE_DOMAIN = utf8('Tutela-v1-possession-nonce-ristretto255-SHA512');

/**
 * Schnorr proof that the dealer knows the constant term behind its first commitment:
 * challenge ‖ response, 64 bytes. It names ceremony, dealer and all commitments, so a copy proves nothing.
 */
export function provePossession(
  group: Group,
  secret: Uint8Array,
  context: PossessionContext,
  random: RandomBytes,
): Uint8Array {
  const nonce = hashToScalar(group, concatBytes(secret, random(32), lp(context.termsHash)), NONCE_DOMAIN);
  const challenge = challengeOf(group, context, group.multiplyBase(nonce));
  return concatBytes(challenge, group.subtractScalars(nonce, group.multiplyScalars(challenge, secret)));
}

/** Whether a proof of possession holds; malformed values throw. */
export function checkPossession(group: Group, proof: Uint8Array, context: PossessionContext): boolean {
  demandLength(proof, 64, 'proof of possession');
  const challenge = demandScalar(proof.slice(0, 32));
  const response = demandScalar(proof.slice(32));
  const constant = demandLength(context.commitments[0] ?? new Uint8Array(0), 32, 'commitment');
  const nonceElement = group.linear(response, GENERATOR, challenge, constant);
  return equalBytes(challenge, challengeOf(group, context, nonceElement));
}

function challengeOf(
  group: Group,
  { termsHash, dealer, commitments }: PossessionContext,
  nonceElement: Uint8Array,
): Uint8Array {
  const fields = [termsHash, i2osp(dealer, 2), ...commitments, nonceElement];
  return hashToScalar(group, concatBytes(...fields.map(lp)), CHALLENGE_DOMAIN);
}
