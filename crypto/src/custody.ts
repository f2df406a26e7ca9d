// SPDX-License-Identifier: Apache-2.0
import type { RandomBytes } from './bytes.js';
import { type Capsule, parseCapsule } from './kernel/capsule.js';
import { checkDleq, type DleqStatement } from './kernel/dleq.js';
import { sodiumGroup } from './kernel/sodium-group.js';
import {
  type CapsuleContext,
  type CapsuleShare,
  combineSharesOn,
  isShareValidOn,
  makeShareOn,
  sealCapsuleOn,
  type SecretShare,
  verifyCapsuleOn,
} from './kernel/tdh2.js';
import { systemRandom } from './node.js';

/** Encrypts a 32-byte key to the consortium under a label: 162 bytes. */
export function sealCapsule(
  context: CapsuleContext,
  key: Uint8Array,
  random: RandomBytes = systemRandom,
): Uint8Array {
  return sealCapsuleOn(sodiumGroup, context, key, random);
}

/** Reads a capsule strictly; throws `LENGTH`, `VERSION`, `SUITE`, `ELEMENT` or `SCALAR`. */
export function decodeCapsule(bytes: Uint8Array): Capsule {
  return parseCapsule(sodiumGroup, bytes);
}

/** Decodes a capsule and checks its proof against a label; throws `CAPSULE_PROOF` or a decoding code. */
export function verifyCapsule(context: CapsuleContext, bytes: Uint8Array): Capsule {
  return verifyCapsuleOn(sodiumGroup, context, bytes);
}

/** Makes a custodian's share of a capsule, only after its proof holds for the label. */
export function makeShare(
  context: CapsuleContext,
  capsule: Uint8Array,
  secret: SecretShare,
  random: RandomBytes = systemRandom,
): CapsuleShare {
  return makeShareOn(sodiumGroup, context, capsule, secret, random);
}

/** Whether a share is x_i·u for the verification key of its index and epoch; malformed values throw. */
export function verifyShare(
  share: CapsuleShare,
  against: { readonly verificationKey: Uint8Array; readonly label: Uint8Array; readonly u: Uint8Array },
): boolean {
  return isShareValidOn(sodiumGroup, share, against);
}

/** Combines exactly `threshold` shares of one epoch; the caller checks the key's commitment. */
export function combineShares(
  context: CapsuleContext,
  capsule: Uint8Array,
  shares: readonly CapsuleShare[],
  threshold: number,
): Uint8Array {
  return combineSharesOn(sodiumGroup, context, capsule, shares, threshold);
}

/** Whether a DLEQ proof holds; malformed values throw `LENGTH`, `ELEMENT` or `SCALAR`. */
export function verifyDleq(proof: Uint8Array, statement: DleqStatement, context: Uint8Array): boolean {
  return checkDleq(sodiumGroup, proof, statement, context);
}
