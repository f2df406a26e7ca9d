// SPDX-License-Identifier: Apache-2.0
import {
  concatBytes,
  demandLength,
  equalBytes,
  i2osp,
  lp,
  type RandomBytes,
  utf8,
  xorBytes,
} from '../bytes.js';
import { demand } from '../errors.js';
import { type Capsule, encodeCapsule, parseCapsule } from './capsule.js';
import { checkDleq, DLEQ_PROOF_LENGTH, proveDleq } from './dleq.js';
import { GENERATOR, type Group } from './group.js';
import { GENERATOR_BAR, hashToScalar, hkdfSha512, keyId, TDH2_CONTEXT } from './hashing.js';
import { inverseScalar, lagrangeFractions } from './scalar.js';

/** What a capsule is read against: the consortium's key and the label recomputed from the ledger, 32 bytes each. */
export interface CapsuleContext {
  readonly publicKey: Uint8Array;
  readonly label: Uint8Array;
}

/** One custodian's contribution to opening one capsule: u_i and the proof that x_i made it. */
export interface CapsuleShare {
  readonly epoch: number;
  readonly index: number;
  readonly element: Uint8Array;
  readonly proof: Uint8Array;
}

/** A custodian's secret x_i with its place in an epoch. */
export interface SecretShare {
  readonly epoch: number;
  readonly index: number;
  readonly secret: Uint8Array;
}

const H1_DOMAIN = utf8(`${TDH2_CONTEXT}-H1`);
const H2_DOMAIN = utf8(`${TDH2_CONTEXT}-H2`);
const SHARE_CONTEXT = utf8('Tutela-v1-tdh2-share-ristretto255-SHA512');

/** Encrypts a 32-byte key to the consortium under a label; 162 bytes. */
export function sealCapsuleOn(
  group: Group,
  { publicKey, label }: CapsuleContext,
  key: Uint8Array,
  random: RandomBytes,
): Uint8Array {
  demandLength(label, 32, 'label');
  demandLength(key, 32, 'capsule key');
  const r = group.reduceScalar(random(64));
  const s = group.reduceScalar(random(64));
  const u = group.multiplyBase(r);
  const ubar = group.multiply(r, GENERATOR_BAR);
  const c = xorBytes(key, mask(group.multiply(r, publicKey), publicKey, label, u));
  const e = challengeOf(group, {
    publicKey,
    label,
    c,
    u,
    ubar,
    w: group.multiplyBase(s),
    wbar: group.multiply(s, GENERATOR_BAR),
  });
  return encodeCapsule({ u, ubar, e, f: group.addScalars(s, group.multiplyScalars(r, e)), c });
}

/** Decodes a capsule and checks its proof against a label; throws `CAPSULE_PROOF` or a decoding code. */
export function verifyCapsuleOn(group: Group, context: CapsuleContext, bytes: Uint8Array): Capsule {
  const capsule = parseCapsule(group, bytes);
  const { u, ubar, e, f, c } = capsule;
  demandLength(context.label, 32, 'label');
  group.demandElement(context.publicKey);
  const minusE = group.subtractScalars(new Uint8Array(32), e);
  const w = group.linear(f, GENERATOR, minusE, u);
  const wbar = group.linear(f, GENERATOR_BAR, minusE, ubar);
  const expected = challengeOf(group, { ...context, c, u, ubar, w, wbar });
  demand(equalBytes(e, expected), 'CAPSULE_PROOF', 'capsule proof does not hold for this label');
  return capsule;
}

/** Makes this custodian's share of a capsule, only after its proof holds for the label. */
export function makeShareOn(
  group: Group,
  context: CapsuleContext,
  capsule: Uint8Array,
  { epoch, index, secret }: SecretShare,
  random: RandomBytes,
): CapsuleShare {
  const { u } = verifyCapsuleOn(group, context, capsule);
  const element = group.multiply(secret, u);
  const statement = { B: group.multiplyBase(secret), C: u, D: element };
  const proof = proveDleq(group, secret, statement, shareContext(epoch, index, context.label), random);
  return { epoch, index, element, proof };
}

/** Whether a share is x_i·u for the verification key of its index and epoch. */
export function isShareValidOn(
  group: Group,
  share: CapsuleShare,
  {
    verificationKey,
    label,
    u,
  }: { readonly verificationKey: Uint8Array; readonly label: Uint8Array; readonly u: Uint8Array },
): boolean {
  const statement = { B: verificationKey, C: u, D: share.element };
  return checkDleq(group, share.proof, statement, shareContext(share.epoch, share.index, label));
}

/**
 * Combines exactly `threshold` shares of distinct custodians and one epoch into the capsule's key.
 * It does not check the shares: the caller compares the key's commitment and verifies shares on failure.
 */
export function combineSharesOn(
  group: Group,
  { publicKey, label }: CapsuleContext,
  bytes: Uint8Array,
  shares: readonly CapsuleShare[],
  threshold: number,
): Uint8Array {
  const { u, c } = parseCapsule(group, bytes);
  demandShareSet(shares, threshold);
  return xorBytes(c, mask(atZero(group, shares), publicKey, label, u));
}

/** Interpolates in the exponent. The fractions of near indices are small: most of it is additions. */
function atZero(group: Group, shares: readonly CapsuleShare[]): Uint8Array {
  const { numerators, denominator } = lagrangeFractions(shares.map(({ index }) => index));
  const terms = shares.map(({ element }, position) => ({ factor: numerators[position] ?? 0n, element }));
  const multiple = group.combination(terms);
  return denominator === 1n ? multiple : group.multiply(inverseScalar(denominator), multiple);
}

function demandShareSet(shares: readonly CapsuleShare[], threshold: number): void {
  demand(Number.isSafeInteger(threshold) && threshold >= 1, 'PARAMETER', 'threshold must be positive');
  demand(shares.length === threshold, 'SHARE_SET', 'not as many shares as the threshold');
  demand(new Set(shares.map(({ index }) => index)).size === threshold, 'SHARE_SET', 'an index repeats');
  demand(new Set(shares.map(({ epoch }) => epoch)).size === 1, 'SHARE_SET', 'shares of several epochs');
  demand(
    shares.every(({ index }) => index >= 1 && index <= 0xffff),
    'SHARE_SET',
    'an index is out of range',
  );
}

/** Writes a share's secret part, u_i ‖ proof_i, 96 bytes; epoch and index travel beside it. */
export function encodeShare({ element, proof }: CapsuleShare): Uint8Array {
  return concatBytes(
    demandLength(element, 32, 'share element'),
    demandLength(proof, DLEQ_PROOF_LENGTH, 'proof'),
  );
}

/** Reads a share of 96 bytes for a known place; the element itself is checked where it is used. */
export function decodeShare(
  bytes: Uint8Array,
  place: { readonly epoch: number; readonly index: number },
): CapsuleShare {
  demandLength(bytes, 32 + DLEQ_PROOF_LENGTH, 'share');
  return { epoch: place.epoch, index: place.index, element: bytes.slice(0, 32), proof: bytes.slice(32) };
}

function shareContext(epoch: number, index: number, label: Uint8Array): Uint8Array {
  return concatBytes(SHARE_CONTEXT, i2osp(epoch, 4), i2osp(index, 2), demandLength(label, 32, 'label'));
}

function mask(K: Uint8Array, publicKey: Uint8Array, label: Uint8Array, u: Uint8Array): Uint8Array {
  return hkdfSha512(K, concatBytes(H1_DOMAIN, keyId(publicKey), label, u), 32);
}

interface ChallengeInput extends CapsuleContext {
  readonly c: Uint8Array;
  readonly u: Uint8Array;
  readonly ubar: Uint8Array;
  readonly w: Uint8Array;
  readonly wbar: Uint8Array;
}

function challengeOf(group: Group, { publicKey, label, c, u, ubar, w, wbar }: ChallengeInput): Uint8Array {
  const fields = [keyId(publicKey), c, label, u, w, ubar, wbar];
  return hashToScalar(group, concatBytes(...fields.map(lp)), H2_DOMAIN);
}
