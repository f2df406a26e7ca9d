// SPDX-License-Identifier: Apache-2.0
import {
  DEGRADED_INFO_PREFIX,
  DEGRADED_REPLY_PREFIX,
  degradedInfo,
  DomainError,
  tagged,
  toBase64Url,
  type Custodian,
  type CustodianSet,
  type SignedDegradedReply,
} from '@tutela/chaincode/domain';
import {
  CryptoError,
  decodeBase64url,
  decodeShare,
  hpkeOpen,
  recoverKey,
  verifyP256,
  type CapsuleShare,
  type HpkeKeyPair,
} from '@tutela/crypto';
import { nameOf, type WantedKey } from '../gather-shares.js';
import { sha256 } from '../hashing.js';

/** Of which request, sealed to which session key, of which set and channel shares are. */
export type DegradedShares = Readonly<{
  channel: string;
  requestHash: string;
  session: HpkeKeyPair;
  set: CustodianSet;
}>;

/** The key of one segment from what custodians answered; throws TOO_FEW_CUSTODIANS, or CONTENT_CORRUPT. */
export function degradedKey(
  context: DegradedShares,
  wanted: WantedKey,
  answers: readonly Readonly<{ custodian: Custodian; reply: SignedDegradedReply }>[],
): Uint8Array {
  const { set } = context;
  const shares = answers.flatMap(
    ({ custodian, reply }) => openShare(context, custodian, wanted, reply) ?? [],
  );
  const verificationKeys: Uint8Array[] = [];
  for (const [position, { index }] of set.members.entries())
    verificationKeys[index - 1] = decodeBase64url(set.verificationKeys[position] ?? '');
  try {
    return recoverKey({
      context: { publicKey: decodeBase64url(set.publicKey), label: wanted.label },
      ...{ capsule: wanted.capsule, epoch: set.epoch, threshold: set.threshold, verificationKeys, shares },
      accepts: wanted.accepts,
    }).key;
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    if (cause.code === 'SHARE_SET')
      throw new DomainError('TOO_FEW_CUSTODIANS', 'too few custodians gave their share', { cause });
    throw new DomainError('CONTENT_CORRUPT', 'the key of this content does not fit it', { cause });
  }
}

/** A custodian's share; undefined for a reply that is not its word about this very release. */
function openShare(
  { channel, requestHash, session, set }: DegradedShares,
  { mspId, publicKey }: Custodian,
  { ref, label }: WantedKey,
  { reply, signature }: SignedDegradedReply,
): CapsuleShare | undefined {
  const index = set.members.find((member) => member.mspId === mspId)?.index;
  const isExpected =
    reply.channel === channel &&
    reply.requestHash === requestHash &&
    nameOf(reply.segment) === nameOf(ref) &&
    reply.label === toBase64Url(label) &&
    reply.epoch === set.epoch &&
    reply.index === index;
  const bytes = tagged(DEGRADED_REPLY_PREFIX, reply);
  if (!isExpected || !verifyP256(decodeBase64url(publicKey), bytes, decodeBase64url(signature)))
    return undefined;
  const context = { info: tagged(DEGRADED_INFO_PREFIX, degradedInfo(reply)), aad: label };
  try {
    const share = hpkeOpen(session, context, decodeBase64url(reply.sealed));
    return toBase64Url(sha256(share)) === reply.shareHash ? decodeShare(share, reply) : undefined;
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  }
}
