// SPDX-License-Identifier: Apache-2.0
import type {
  Custodian,
  DegradedRelease,
  ErrorCode,
  MspId,
  ReleaseRequest,
  SegmentRef,
  SignedAcknowledgement,
  SignedDegradedReply,
  SignedDegradedRequest,
  SignedReleaseReply,
  SignedRevocation,
  SignedSuspension,
} from '@tutela/chaincode/domain';

/** What a custodian answered to a release request: signed replies, and segments that it refused. */
export type ReleaseAnswer = Readonly<{
  replies: readonly SignedReleaseReply[];
  refused: readonly Readonly<{ segment: SegmentRef; code: ErrorCode }>[];
}>;

/** A custodian that refused altogether, or could not be asked. */
export type CustodianRefusal = Readonly<{ mspId: MspId; code: ErrorCode }>;

/** The custodians of the consortium, each reached over mutual TLS as the hospital that the ledger says it is. */
export interface Custodians {
  /** Asks one custodian for its shares; a refusal is a `DomainError` with the custodian's code. */
  release(custodian: Custodian, request: ReleaseRequest, signal: AbortSignal): Promise<ReleaseAnswer>;
  /** Sends one custodian a hold; resolves once it is in effect there. */
  hold(custodian: Custodian, signed: SignedRevocation | SignedSuspension, signal: AbortSignal): Promise<void>;
}

/** The same custodians as those who are asked for copies at their hospitals' nodes. */
export interface CopyCustodians {
  /** Has a custodian's hospital keep parts; answers those of them that it keeps whole when it has tried. */
  keepCopies(custodian: Custodian, cids: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  /** Those of the parts that a custodian's hospital keeps whole; fetches nothing. */
  keptCopies(custodian: Custodian, cids: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
}

/** The same custodians while the ledger stalls. */
export interface DegradedCustodians {
  /** Brings one custodian an emergency that the ledger cannot take; it answers when its journal has it. */
  acknowledge(
    custodian: Custodian,
    request: SignedDegradedRequest,
    signal: AbortSignal,
  ): Promise<SignedAcknowledgement>;
  /** Asks one custodian for its shares of an acknowledged request, or of those of its segments that are named. */
  releaseDegraded(
    custodian: Custodian,
    release: DegradedRelease,
    signal: AbortSignal,
  ): Promise<readonly SignedDegradedReply[]>;
}
