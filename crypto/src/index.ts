// SPDX-License-Identifier: Apache-2.0
export * from './at-rest.js';
export { decodeCustodyKey, encodeCustodyKey } from './ceremony/custody-key.js';
export { dealNewKey, dealOldShare, type Dealt } from './ceremony/deal.js';
export type { DealerSecret } from './ceremony/dealer-secret.js';
export { parseDealerSecret } from './ceremony/parse.js';
export { judgeComplaint, revealSubShare } from './ceremony/complaint.js';
export {
  type CustodyKey,
  finishCeremony,
  openSubShare,
  type Received,
  type Recipient,
} from './ceremony/receive.js';
export { combineShares, makeShare, sealCapsule } from './custody.js';
export * from './hpke.js';
export type { SecretShare } from './kernel/tdh2.js';
export { systemRandom } from './node.js';
export * from './recover.js';
export { openChunk, sealChunk } from './stream/chunk.js';
export { decryptPart, decryptRange, decryptStream } from './stream/decrypt.js';
export * from './stream/encrypt.js';
export * from './stream/geometry.js';
export { partsDigest, partsTag, startPartDigest, startPartTag } from './stream/parts-digest.js';
export * from './stream/stream-key.js';
export * from './verify.js';
export * from './webauthn.js';
// The same checks on the faster back end take the place of the pure ones; every difference fails a test.
export { decodeCapsule, verifyCapsule, verifyDleq, verifyShare } from './custody.js';
export { certifiedKey, isSignedBy, verifyP256 } from './signatures.js';
