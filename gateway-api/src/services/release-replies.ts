// SPDX-License-Identifier: Apache-2.0
import {
  blockingNumber,
  DomainError,
  RELEASE_INFO_PREFIX,
  RELEASE_SIGNATURE_PREFIX,
  releaseInfo,
  segmentNameOf,
  tagged,
  type Custodian,
  type CustodianSet,
  type IntentId,
  type MspId,
  type SignedReleaseReply,
  type SignedReply,
} from '@tutela/chaincode/domain';
import type { CapsuleShare, HpkeKeyPair } from '@tutela/crypto';
import { openShare, type OpenedReply } from './open-share.js';
import type { WantedKey } from './wanted-key.js';

/** Under which intent, sealed to which session key, of which epoch's custodians shares are asked. */
export type ShareContext = Readonly<{
  channel: string;
  intentId: IntentId;
  session: HpkeKeyPair;
  set: CustodianSet;
}>;

/** Bytes that a custodian sealed, with the signed reply in which it gave them: together they prove who gave a wrong share. */
export type SignedReveal = Readonly<{ mspId: MspId; revealed: Uint8Array; evidence: SignedReply }>;

/** A share with the evidence of who gave it. */
export type SignedShare = SignedReveal & Readonly<{ share: CapsuleShare }>;

/** The block at which a custodian's peer stood. */
export type ChainPlace = Readonly<{ height: number; blockHash: string }>;

/**
 * Opens a custodian's reply for one wanted key. `unsigned` for one that is not this custodian's about this very
 * release: another signer, channel, intent, segment or epoch.
 */
export function openReleaseReply(
  context: ShareContext,
  custodian: Custodian,
  wanted: WantedKey,
  { reply, signature }: SignedReleaseReply,
): OpenedReply {
  const fits =
    reply.channel === context.channel &&
    reply.intentId === context.intentId &&
    segmentNameOf(reply.segment) === segmentNameOf(wanted.ref) &&
    reply.epoch === context.set.epoch;
  if (!fits) return { kind: 'unsigned' };
  return openShare(custodian, context, wanted, {
    reply,
    signed: tagged(RELEASE_SIGNATURE_PREFIX, reply),
    signature,
    info: tagged(RELEASE_INFO_PREFIX, releaseInfo(reply)),
  });
}

/**
 * The most of some shares that agree pairwise on the chain: no two of them name two blocks of one height. Of each height
 * those count that name the block which most of that height name.
 */
export function sharesOnOneChain<T>(shares: readonly T[], placeOf: (share: T) => ChainPlace): readonly T[] {
  const heights = Map.groupBy(shares, (share) => placeOf(share).height);
  return [...heights.values()].flatMap((ofHeight) => {
    const blocks = [...Map.groupBy(ofHeight, (share) => placeOf(share).blockHash).values()];
    return blocks.reduce((most, block) => (block.length > most.length ? block : most));
  });
}

/** The refusal when too few custodians gave a share: the rule that enough of them named, else that they are too few. */
export function refusalByCustodians(codes: readonly DomainError['code'][], set: CustodianSet): DomainError {
  const counts = Map.groupBy(codes, (code) => code);
  const named = [...counts].find(
    ([code, all]) => code !== 'TOO_FEW_CUSTODIANS' && all.length >= blockingNumber(set),
  )?.[0];
  if (named === undefined)
    return new DomainError('TOO_FEW_CUSTODIANS', 'too few custodians gave their share');
  return new DomainError(named, 'the custodians refused');
}
