// SPDX-License-Identifier: Apache-2.0
export * from './custody.js';
export * from './hpke.js';
export { systemRandom } from './node.js';
export {
  encryptPart,
  encryptParts,
  encryptStream,
  partPlaintextStart,
  type Bytes,
  type SealedPart,
} from './stream/encrypt.js';
export { decryptPart, decryptRange, decryptStream } from './stream/decrypt.js';
export { openChunk, sealChunk } from './stream/chunk.js';
export * from './stream/geometry.js';
export { partsDigest, partsTag, startPartDigest, startPartTag } from './stream/parts-digest.js';
export {
  commitToKey,
  createStreamKey,
  DEK_LENGTH,
  restoreStreamKey,
  type StreamKey,
  type StreamSecret,
} from './stream/stream-key.js';
export type { SecretShare } from './kernel/tdh2.js';
export {
  canonicalJson,
  type CanonicalValue,
  type Capsule,
  CAPSULE_LENGTH,
  type CapsuleBinding,
  type CapsuleContext,
  capsuleLabel,
  type CapsuleShare,
  concatBytes,
  contentRoot,
  CryptoError,
  type CryptoErrorCode,
  decodeBase64url,
  decodeShare,
  DLEQ_PROOF_LENGTH,
  type DleqStatement,
  encodeBase64url,
  encodeShare,
  equalBytes,
  i2osp,
  isP256PublicKey,
  keyId,
  lp,
  normalizeP256PublicKey,
  prefixedJson,
  type RandomBytes,
  releaseInfo,
  type ReleasePlace,
  type SegmentContent,
  sha256,
  sha512,
  streamAad,
  type StreamPlace,
  type StreamSuite,
  SUITE_C1,
  SUITE_S1,
  taggedHash,
  utf8,
  verifyP256,
  VERSION,
  xorBytes,
} from './verify.js';
