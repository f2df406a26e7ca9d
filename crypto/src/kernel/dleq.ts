// SPDX-License-Identifier: Apache-2.0
import { concatBytes, demandLength, equalBytes, i2osp, lp, type RandomBytes, utf8 } from '../bytes.js';
import { GENERATOR, type Group } from './group.js';
import { hashToScalar, sha512 } from './hashing.js';
import { demandScalar } from './scalar.js';

/** The claim that B = k·G and D = k·C for one secret k; all three are 32-byte elements. */
export interface DleqStatement {
  readonly B: Uint8Array;
  readonly C: Uint8Array;
  readonly D: Uint8Array;
}

/** Length of a proof, challenge ‖ response, in bytes. */
export const DLEQ_PROOF_LENGTH = 64;

const NONCE_DOMAIN = utf8('Tutela-v1-dleq-nonce-ristretto255-SHA512');

/**
 * Proves a statement under a context string (RFC 9497 §2.2.1, single item) with a hedged nonce.
 * Run it on the libsodium group whenever k lives longer than a test.
 */
export function proveDleq(
  group: Group,
  secret: Uint8Array,
  statement: DleqStatement,
  context: Uint8Array,
  random: RandomBytes,
): Uint8Array {
  const seed = concatBytes(secret, random(32), lp(context), lp(statement.C));
  return proveDleqWithNonce(group, secret, statement, context, hashToScalar(group, seed, NONCE_DOMAIN));
}

/** As {@link proveDleq} with the nonce given: a nonce used twice gives the secret away, so only vectors use it. */
export function proveDleqWithNonce(
  group: Group,
  secret: Uint8Array,
  statement: DleqStatement,
  context: Uint8Array,
  nonce: Uint8Array,
): Uint8Array {
  const M = group.multiply(compositeFactor(group, statement, context), statement.C);
  const Z = group.multiply(secret, M);
  const challenge = challengeOf(
    group,
    [statement.B, M, Z, group.multiplyBase(nonce), group.multiply(nonce, M)],
    context,
  );
  const response = group.subtractScalars(nonce, group.multiplyScalars(challenge, secret));
  return concatBytes(challenge, response);
}

/**
 * Whether a proof holds for a statement and a context string (RFC 9497 §2.2.2).
 * Malformed elements, scalars or lengths throw `CryptoError`.
 */
export function checkDleq(
  group: Group,
  proof: Uint8Array,
  statement: DleqStatement,
  context: Uint8Array,
): boolean {
  demandLength(proof, DLEQ_PROOF_LENGTH, 'proof');
  const challenge = demandScalar(proof.slice(0, 32));
  const response = demandScalar(proof.slice(32));
  const factor = compositeFactor(group, statement, context);
  const M = group.multiply(factor, statement.C);
  const Z = group.multiply(factor, statement.D);
  const t2 = group.linear(response, GENERATOR, challenge, statement.B);
  const t3 = group.linear(response, M, challenge, Z);
  return equalBytes(challenge, challengeOf(group, [statement.B, M, Z, t2, t3], context));
}

function compositeFactor(group: Group, { B, C, D }: DleqStatement, context: Uint8Array): Uint8Array {
  const seed = sha512(concatBytes(lp(B), lp(concatBytes(utf8('Seed-'), context))));
  const transcript = concatBytes(lp(seed), i2osp(0, 2), lp(C), lp(D), utf8('Composite'));
  return hashToScalar(group, transcript, scalarDomain(context));
}

function challengeOf(group: Group, elements: readonly Uint8Array[], context: Uint8Array): Uint8Array {
  return hashToScalar(group, concatBytes(...elements.map(lp), utf8('Challenge')), scalarDomain(context));
}

function scalarDomain(context: Uint8Array): Uint8Array {
  return concatBytes(utf8('HashToScalar-'), context);
}
