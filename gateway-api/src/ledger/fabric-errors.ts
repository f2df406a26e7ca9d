// SPDX-License-Identifier: Apache-2.0
import { status as GrpcStatus } from '@grpc/grpc-js';
import { GatewayError } from '@hyperledger/fabric-gateway';
import { DomainError, type ErrorCode, type MspId } from '@tutela/chaincode/domain';
import { isLate, isOwnFailure, refusalByOthers, refusalByOwnPeer, type NotEndorsed } from '@tutela/fabric';

/** gRPC codes with which a peer turns an identity away. */
const DENIALS: readonly number[] = [GrpcStatus.PERMISSION_DENIED, GrpcStatus.UNAUTHENTICATED];

/** What a peer says of a certificate that is revoked or expired; the code of that answer is that of any failure. */
const DENIED = /access denied: channel \[/;

/** Codes that say nothing of the request but that this peer, or its clock, fails; another may endorse. */
const PEER_FAILURES: readonly ErrorCode[] = ['INTERNAL', 'CLOCK_SKEWED'];

/**
 * A refusal by a rule, or peers that cannot endorse now: a chaincode that fails without a rule is one of those. Another
 * hospital's refusal counts only where the own peer did not fail.
 */
export function notEndorsed(error: unknown, own: MspId): NotEndorsed {
  const refusal = refusalByOwnPeer(error, own) ?? refusalByOthers(error, own);
  const byOwnPeer = isOwnFailure(error, own);
  const unreachable = { kind: 'unreachable', byOwnPeer, isLate: isLate(error) } as const;
  if (refusal === undefined) return { ...unreachable, error: ledgerFailure(error) };
  if (PEER_FAILURES.includes(refusal.code)) return { ...unreachable, error: refusal };
  return { kind: 'refused', error: refusal, byOwnPeer };
}

/** An error without a code of ours: a channel that does not know the caller, or a ledger that does not answer. */
export function ledgerFailure(cause: unknown): DomainError {
  if (cause instanceof GatewayError && isDenial(cause))
    return new DomainError('CALLER_UNKNOWN', 'the channel does not accept this identity', { cause });
  return new DomainError('LEDGER_UNAVAILABLE', 'the ledger does not answer; nothing was ordered', { cause });
}

/** Whether the peer answered, and turned the caller away. */
export function isDenied({ code }: DomainError): boolean {
  return code === 'CALLER_UNKNOWN';
}

function isDenial({ code, details, message }: GatewayError): boolean {
  return (
    DENIALS.includes(code) ||
    [message, ...details.map((each) => each.message)].some((text) => DENIED.test(text))
  );
}
