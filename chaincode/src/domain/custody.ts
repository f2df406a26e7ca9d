// SPDX-License-Identifier: Apache-2.0
import { integer, list, object, oneOf, text, type Decoded } from './decode.js';
import {
  base64Url,
  bytes32,
  ceremonyId,
  intentId,
  mspId,
  p256Signature,
  type CeremonyId,
  type MspId,
  type TxId,
} from './ids.js';
import { segmentRef } from './record.js';
import type { Instant } from './time.js';

/** The largest set whose ceremony a test computes well within the time for which a peer waits for the chaincode. */
export const MAX_CUSTODIANS = 31;
export const CEREMONY_KINDS = ['dkg', 'refresh', 'reshare'] as const;
export type CeremonyKind = (typeof CEREMONY_KINDS)[number];

/** `disputed` from the first complaint on, until a dealer's answer or an abort ends the ceremony. */
export const CEREMONY_PHASES = ['joining', 'dealing', 'confirming', 'disputed', 'active', 'aborted'] as const;

/** A custodian's place: its index is the x-coordinate of its share, from 1. */
export const member = object({ mspId, index: integer(1, MAX_CUSTODIANS) });
export type Member = Decoded<typeof member>;

/** The custodians who hold the consortium key from one epoch to the next. Points are base64url of 32 bytes (ristretto255). */
export type CustodianSet = Readonly<{
  v: 1;
  epoch: number;
  threshold: number;
  members: readonly Member[];
  publicKey: string;
  /** First 16 bytes of SHA-256(publicKey), base64url. */
  kid: string;
  /** x_i·G in the order of `members`. */
  verificationKeys: readonly string[];
  transcriptHash: string;
  ceremonyId: CeremonyId;
  activatedAt: Instant;
}>;

/** How many custodians suffice so that the others cannot open anything: n − t + 1. */
export function blockingNumber({ members, threshold }: Pick<CustodianSet, 'members' | 'threshold'>): number {
  return members.length - threshold + 1;
}

/**
 * Arguments of `custody:StartCeremony`. `members` hold the new epoch. For refresh and reshare `dealers` is the set B:
 * exactly as many members of the current epoch as its threshold.
 */
export const startCeremony = object(
  {
    ceremonyId,
    kind: oneOf(...CEREMONY_KINDS),
    threshold: integer(1, MAX_CUSTODIANS),
    members: list(mspId, 1, MAX_CUSTODIANS),
  },
  { dealers: list(mspId, 1, MAX_CUSTODIANS) },
);
export type StartCeremony = Decoded<typeof startCeremony>;

/** Arguments of `custody:Join`: a fresh X25519 key for this ceremony alone, whose private half is erased at its end. */
export const joinCeremony = object({ ceremonyId, ephemeralKey: bytes32 });

/** A dealer's contribution: commitments to its polynomial, proof of possession, one sealed sub-share per member. */
export const dealing = object({
  commitments: list(bytes32, 1, MAX_CUSTODIANS),
  proof: base64Url(86),
  subShares: list(
    object({ recipient: integer(1, MAX_CUSTODIANS), sealed: base64Url(400) }),
    1,
    MAX_CUSTODIANS,
  ),
});
export type LedgerDealing = Decoded<typeof dealing>;
/** Arguments of `custody:Deal`. */
export const dealCeremony = object({ ceremonyId, dealing });
/** Arguments of `custody:Confirm`: the member has verified its share against this transcript. */
export const confirmCeremony = object({ ceremonyId, transcriptHash: bytes32 });
/** Arguments of `custody:Complain`: what a dealer sealed to the caller in this transcript does not open, or does not fit. */
export const complainCeremony = object({ ceremonyId, dealer: mspId, transcriptHash: bytes32 });
/** Arguments of `custody:Reveal`: a dealer's answer to the complaint of `from`, the sub-share and the seed of its seal. */
export const revealCeremony = object({ ceremonyId, from: mspId, subShare: bytes32, sealSeed: bytes32 });
export const byCeremony = object({ ceremonyId });
/** Arguments of `custody:GetEpoch`. */
export const byEpoch = object({ epoch: integer(1, 1_000_000) });

/** A member's complaint about a dealer; once the dealer has answered, everyone can tell whose fault it was. */
export type CeremonyComplaint = Readonly<{
  dealer: MspId;
  from: MspId;
  /** What the complaint is about; an earlier version's names none. */
  transcriptHash?: string;
  revealed?: Readonly<{ subShare: string; sealSeed: string }>;
  fault?: MspId;
}>;

/** A ceremony with everything that was published in it; its phase follows from what is there. */
export type Ceremony = Readonly<
  Omit<StartCeremony, 'members' | 'dealers'> & {
    v: 1;
    members: readonly Member[];
    /** Dealers with the index under which they deal: their own in the old epoch, or the new one in a DKG. */
    dealers: readonly Member[];
    epoch: number;
    fromEpoch?: number;
    startedAt: Instant;
    startedBy: MspId;
    joins: Readonly<Record<string, string>>;
    dealings: Readonly<Record<string, LedgerDealing>>;
    confirmations: Readonly<Record<string, string>>;
    complaints: readonly CeremonyComplaint[];
    phase: (typeof CEREMONY_PHASES)[number];
  }
>;

/** Arguments of `custody:Heartbeat`: proof that blocks with this custodian's transactions reach everyone. */
export const heartbeat = object({
  height: integer(0, Number.MAX_SAFE_INTEGER),
  blockHash: bytes32,
  journalHead: bytes32,
});
export type Heartbeat = Readonly<Decoded<typeof heartbeat> & { v: 1; mspId: MspId; at: Instant; txId: TxId }>;

/** Most characters of what a seal holds, base64url. */
export const MAX_SEALED_CHARS = 400;

/**
 * What a custodian made a share of and with, each by its hash: the segment's label, its capsule, and the transcript of the
 * ceremony that made the key. Ids and numbers alone are not enough: another chain can have other values under them.
 */
const releasedObject = { label: bytes32, capsuleHash: bytes32, transcriptHash: bytes32 } as const;
export type ReleasedObject = Readonly<Record<keyof typeof releasedObject, string>>;

/** Whether two custodians made shares of the same label and capsule with the same key. */
export function isSameObject(one: ReleasedObject, other: ReleasedObject): boolean {
  return (
    one.label === other.label &&
    one.capsuleHash === other.capsuleHash &&
    one.transcriptHash === other.transcriptHash
  );
}

/** What a custodian says of one sealed share, under whatever it was released. */
export const sealedShare = {
  v: oneOf(2),
  suite: oneOf(1),
  channel: text(64, /^[a-z0-9.-]+$/),
  segment: segmentRef,
  ...releasedObject,
  epoch: integer(1, 1_000_000),
  index: integer(1, MAX_CUSTODIANS),
  sealed: base64Url(MAX_SEALED_CHARS),
  shareHash: bytes32,
  height: integer(0, Number.MAX_SAFE_INTEGER),
  blockHash: bytes32,
  journalHead: bytes32,
} as const;

/** A custodian's answer to a release request, for one segment; what the custodian signs. */
export const releaseReply = object({ ...sealedShare, intentId });
export type ReleaseReply = Decoded<typeof releaseReply>;
export const signedReleaseReply = object({ reply: releaseReply, signature: p256Signature });
export type SignedReleaseReply = Decoded<typeof signedReleaseReply>;

/** Prefix of what a custodian signs with its P-256 identity. */
export const RELEASE_SIGNATURE_PREFIX = 'Tutela-v1-release-reply';
/** Prefix of the HPKE info of a sealed share; the value is {@link releaseInfo}. */
export const RELEASE_INFO_PREFIX = 'Tutela-v1-release';

/** What a sealed share is bound to. */
export function releaseInfo(
  reply: Pick<ReleaseReply, 'v' | 'suite' | 'channel' | 'intentId' | 'segment' | 'epoch' | 'index'>,
): object {
  const { v, suite, channel, intentId: intent, segment, epoch, index } = reply;
  return { v, suite, channel, intentId: intent, ...segment, epoch, index };
}
