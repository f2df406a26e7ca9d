// SPDX-License-Identifier: Apache-2.0
import { type Capsule, parseCapsule } from './kernel/capsule.js';
import { checkDleq, type DleqStatement } from './kernel/dleq.js';
import { nobleGroup } from './kernel/noble-group.js';
import { type CapsuleContext, type CapsuleShare, isShareValidOn, verifyCapsuleOn } from './kernel/tdh2.js';

export { decodeBase64url, encodeBase64url } from './base64url.js';
export type { Complaint } from './ceremony/complaint-claim.js';
export { type Dealing, verifyDealing, verifyDealingUnder } from './ceremony/dealing.js';
export {
  type CeremonyOutcome,
  ceremonyOutcome,
  ceremonyOutcomeInPieces,
  isSubShareValid,
} from './ceremony/outcome.js';
export { parseCeremonyTerms, parseComplaint, parseDealing, parseReveal } from './ceremony/parse.js';
export type { Reveal } from './ceremony/reveal.js';
export {
  type CeremonyMember,
  type CeremonyTerms,
  dealersOf,
  demandTerms,
  MAX_MEMBERS,
  type PreviousEpoch,
  termsHash,
} from './ceremony/terms.js';
export { concatBytes, equalBytes, i2osp, lp, type RandomBytes, utf8, xorBytes } from './bytes.js';
export { canonicalJson, type CanonicalValue, prefixedJson } from './canonical.js';
export { CryptoError, type CryptoErrorCode } from './errors.js';
export { type Capsule, CAPSULE_LENGTH } from './kernel/capsule.js';
export { DLEQ_PROOF_LENGTH, type DleqStatement } from './kernel/dleq.js';
export { keyId, sha256, sha512, taggedHash } from './kernel/hashing.js';
export { type CapsuleContext, type CapsuleShare, decodeShare, encodeShare } from './kernel/tdh2.js';
export { isP256PublicKey, normalizeP256PublicKey, verifyP256 } from './p256.js';
export { type StreamSuite, SUITE_C1, SUITE_S1, VERSION } from './suite.js';

/** Reads a capsule strictly; throws `LENGTH`, `VERSION`, `SUITE`, `ELEMENT` or `SCALAR`. */
export function decodeCapsule(bytes: Uint8Array): Capsule {
  return parseCapsule(nobleGroup, bytes);
}

/** Decodes a capsule and checks its proof against a label; throws `CAPSULE_PROOF` or a decoding code. */
export function verifyCapsule(context: CapsuleContext, bytes: Uint8Array): Capsule {
  return verifyCapsuleOn(nobleGroup, context, bytes);
}

/** Whether a DLEQ proof holds; malformed values throw `LENGTH`, `ELEMENT` or `SCALAR`. */
export function verifyDleq(proof: Uint8Array, statement: DleqStatement, context: Uint8Array): boolean {
  return checkDleq(nobleGroup, proof, statement, context);
}

/** Whether a share is x_i·u for the verification key of its index and epoch; malformed values throw. */
export function verifyShare(
  share: CapsuleShare,
  against: { readonly verificationKey: Uint8Array; readonly label: Uint8Array; readonly u: Uint8Array },
): boolean {
  return isShareValidOn(nobleGroup, share, against);
}
