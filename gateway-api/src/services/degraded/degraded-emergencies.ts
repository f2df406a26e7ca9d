// SPDX-License-Identifier: Apache-2.0
import type {
  Assertion,
  DegradedPart,
  DegradedSignature,
  DegradedState,
  DegradedStatement,
  Instant,
  MspId,
  SegmentId,
  SegmentRef,
} from '@tutela/chaincode/domain';
import type { Actor } from '../../ledger/actor.js';

/** What a clinician asks for; without segments everything that the scope reaches. */
export type DesiredEmergency = Readonly<
  Pick<DegradedStatement, 'handle' | 'reason' | 'reasonHash' | 'scope' | 'timeBoxMinutes'> & {
    segments?: readonly SegmentRef[];
  }
>;

/**
 * A statement that waits for the second clinician; its session key is in this gateway's memory. Custodians take it until
 * `openBy`.
 */
export type DegradedDraft = Readonly<{ draftId: string; statement: DegradedStatement; openBy: Instant }>;

/** A request that enough custodians have written down. */
export type DegradedOpening = Readonly<{
  requestHash: string;
  acknowledgedBy: readonly MspId[];
  expiresAt: Instant;
  segments: readonly SegmentRef[];
}>;

/** Plaintext on its way, each chunk verified. */
export type DegradedContent = Readonly<{
  contentType: string;
  size: number;
  body: AsyncIterable<Uint8Array>;
}>;

/** Emergencies while the ledger stalls: prepared by one clinician, signed by two, then opened. */
export interface DegradedEmergencies {
  /** Whether the consortium has voted for it. */
  state(actor: Actor): Promise<DegradedState>;
  prepare(actor: Actor, desired: DesiredEmergency): Promise<DegradedDraft>;
  /** The caller's signature, with the answer of the own passkey, under a statement that may come from any hospital's gateway. */
  sign(
    actor: Actor,
    of: Readonly<{
      statement: DegradedStatement;
      part: Exclude<DegradedPart, 'requester'>;
      assertion: Assertion;
    }>,
  ): Promise<DegradedSignature>;
  /** Brings the request to all custodians; throws their refusal, or TOO_FEW_ACKNOWLEDGEMENTS. */
  open(
    actor: Actor,
    of: Readonly<{
      draftId: string;
      assertion: Assertion;
      cosigner: DegradedSignature;
      dutyOfficer?: DegradedSignature;
    }>,
  ): Promise<DegradedOpening>;
  /** One segment of an opened request; the custodians are asked anew each time. */
  content(
    actor: Actor,
    of: Readonly<{ draftId: string; segmentId: SegmentId }>,
    signal?: AbortSignal,
  ): Promise<DegradedContent>;
  /** Brings evidence against custodians from a stall to the ledger soon after it takes transactions again, until the signal aborts. */
  accuseLate(signal: AbortSignal): Promise<void>;
}
