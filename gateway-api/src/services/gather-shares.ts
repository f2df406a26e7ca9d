// SPDX-License-Identifier: Apache-2.0
import { timingSafeEqual } from 'node:crypto';
import {
  blockingNumber,
  DomainError,
  RELEASE_INFO_PREFIX,
  RELEASE_SIGNATURE_PREFIX,
  releaseInfo,
  tagged,
  type Custodian,
  type CustodianSet,
  type IntentId,
  type MspId,
  type SegmentRef,
  type SignedReleaseReply,
} from '@tutela/chaincode/domain';
import {
  CryptoError,
  decodeBase64url,
  decodeShare,
  hpkeOpen,
  verifyP256,
  type CapsuleShare,
  type HpkeKeyPair,
} from '@tutela/crypto';
import { sha256 } from './hashing.js';

/** A capsule to be opened: where it stands, its label recomputed from the ledger, and how its key is known. */
export type WantedKey = Readonly<{
  ref: SegmentRef;
  label: Uint8Array;
  capsule: Uint8Array;
  accepts: (key: Uint8Array) => boolean;
}>;

/** Under which intent, sealed to which session key, of which epoch's custodians shares are asked. */
export type ShareContext = Readonly<{
  channel: string;
  intentId: IntentId;
  session: HpkeKeyPair;
  set: CustodianSet;
}>;

/** A share with the signed words in which its custodian gave it: together they prove who gave a wrong one. */
export type SignedShare = Readonly<{
  mspId: MspId;
  share: CapsuleShare;
  revealed: Uint8Array;
  evidence: SignedReleaseReply;
}>;

/**
 * Opens a custodian's reply for one wanted key. Undefined for a reply that is not this custodian's word about this
 * very release: another signer, channel, intent, segment, label, epoch or place, or a seal that does not open.
 */
export function openReply(
  context: ShareContext,
  custodian: Custodian,
  wanted: WantedKey,
  evidence: SignedReleaseReply,
): SignedShare | undefined {
  const { reply, signature } = evidence;
  const place = context.set.members.find(({ mspId }) => mspId === custodian.mspId);
  const fits =
    reply.channel === context.channel &&
    reply.intentId === context.intentId &&
    nameOf(reply.segment) === nameOf(wanted.ref) &&
    reply.epoch === context.set.epoch &&
    reply.index === place?.index &&
    sameBytes(decodeBase64url(reply.label), wanted.label);
  if (!fits) return undefined;
  const signed = tagged(RELEASE_SIGNATURE_PREFIX, reply);
  if (!verifyP256(decodeBase64url(custodian.publicKey), signed, decodeBase64url(signature))) return undefined;
  const revealed = openSeal(context, wanted, reply);
  if (revealed === undefined || !sameBytes(sha256(revealed), decodeBase64url(reply.shareHash)))
    return undefined;
  return { mspId: custodian.mspId, share: decodeShare(revealed, reply), revealed, evidence };
}

/** Whether two shares were given on one chain: they name no two blocks of one height (cryptography §6.1). */
export function areOfOneChain(a: SignedShare, b: SignedShare): boolean {
  const [one, other] = [a.evidence.reply, b.evidence.reply];
  return one.height !== other.height || one.blockHash === other.blockHash;
}

/** A segment's place as one text. */
export function nameOf({ recordId, version, segmentId }: SegmentRef): string {
  return `${recordId}@${version}/${segmentId}`;
}

function openSeal(
  { session }: ShareContext,
  { label }: WantedKey,
  reply: SignedReleaseReply['reply'],
): Uint8Array | undefined {
  const info = tagged(RELEASE_INFO_PREFIX, releaseInfo(reply));
  try {
    return hpkeOpen(session, { info, aad: label }, decodeBase64url(reply.sealed));
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** What remains to be said when too few custodians helped: the rule that enough of them named, else that they are too few. */
export function refusalOf(codes: readonly DomainError['code'][], set: CustodianSet): DomainError {
  const counts = Map.groupBy(codes, (code) => code);
  const named = [...counts].find(
    ([code, all]) => code !== 'TOO_FEW_CUSTODIANS' && all.length >= blockingNumber(set),
  )?.[0];
  if (named === undefined)
    return new DomainError('TOO_FEW_CUSTODIANS', 'too few custodians gave their share');
  return new DomainError(named, 'the custodians refused');
}
