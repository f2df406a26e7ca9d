// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  RELEASE_INFO_PREFIX,
  RELEASE_SIGNATURE_PREFIX,
  releaseInfo,
  tagged,
  type CustodianSet,
  type SignedReleaseReply,
} from '@tutela/chaincode/domain';
import {
  combineShares,
  decodeBase64url,
  decodeCapsule,
  decodeShare,
  generateHpkeKeyPair,
  hpkeOpen,
  systemRandom,
  verifyShare,
  type CapsuleShare,
  type HpkeKeyPair,
} from '@tutela/crypto';
import { isTaggedSignedBy } from '../identity.js';

/** A reader with a session key, as a gateway is one for its practitioner. */
export type TestReader = Readonly<{ keys: HpkeKeyPair; sessionKey: string }>;

/** A reader with a fresh session key. */
export function newReader(): TestReader {
  const keys = generateHpkeKeyPair(systemRandom);
  return { keys, sessionKey: Buffer.from(keys.publicKey).toString('base64url') };
}

/** Opens a sealed share; throws unless it is for this session, intent, segment and custodian. */
export function openReply({ keys }: TestReader, { reply }: SignedReleaseReply): CapsuleShare {
  const context = {
    info: tagged(RELEASE_INFO_PREFIX, releaseInfo(reply)),
    aad: decodeBase64url(reply.label),
  };
  const bytes = hpkeOpen(keys, context, decodeBase64url(reply.sealed));
  if (createHash('sha256').update(bytes).digest('base64url') !== reply.shareHash)
    throw new Error('the share is not the one that was signed');
  return decodeShare(bytes, reply);
}

/** Whether a reply carries the signature of a custodian. */
export function isSignedReply({ reply, signature }: SignedReleaseReply, publicKey: string): boolean {
  return isTaggedSignedBy(publicKey, [RELEASE_SIGNATURE_PREFIX, reply], signature);
}

/** Whether a share's proof holds for its custodian's verification key. */
export function isTrueShare(
  share: CapsuleShare,
  { capsule, label, set }: Readonly<{ capsule: string; label: string; set: CustodianSet }>,
): boolean {
  const verificationKey = decodeBase64url(set.verificationKeys[share.index - 1] ?? '');
  const { u } = decodeCapsule(decodeBase64url(capsule));
  return verifyShare(share, { verificationKey, label: decodeBase64url(label), u });
}

/** The capsule's key from exactly t shares. */
export function openCapsule(
  shares: readonly CapsuleShare[],
  { capsule, label, set }: Readonly<{ capsule: string; label: string; set: CustodianSet }>,
): Uint8Array {
  const context = { publicKey: decodeBase64url(set.publicKey), label: decodeBase64url(label) };
  return combineShares(context, decodeBase64url(capsule), shares, set.threshold);
}
