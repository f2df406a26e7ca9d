// SPDX-License-Identifier: Apache-2.0
import { status as GrpcStatus } from '@grpc/grpc-js';
import { GatewayError } from '@hyperledger/fabric-gateway';
import { DomainError, errorFromWire, type ErrorCode, type MspId } from '@tutela/chaincode/domain';
import type { Endorsement } from './submission.js';

const TOO_LATE: number = GrpcStatus.DEADLINE_EXCEEDED;
/** gRPC codes with which a peer turns an identity away. */
const DENIALS: readonly number[] = [GrpcStatus.PERMISSION_DENIED, GrpcStatus.UNAUTHENTICATED];

/** What a peer says of a certificate that is revoked or expired; the code of that answer is that of any failure. */
const DENIED = /access denied: channel \[/;

/** Whether the own peer is among those that failed, or no peer in particular. */
function isOwn(error: unknown, own: MspId): boolean {
  if (!(error instanceof GatewayError) || error.details.length === 0) return true;
  return error.details.some(({ mspId }) => mspId === own);
}

/**
 * The coded refusal inside a gateway's error: the own peer's, or that of others where the own one did not fail at all.
 * Any peer says what it likes, so beside an own peer that fails another's code says nothing.
 */
function refusalIn(error: unknown, own: MspId): DomainError | undefined {
  if (!(error instanceof GatewayError)) return undefined;
  const said = error.details.filter(({ mspId }) => mspId === own || !isOwn(error, own));
  const messages = error.details.length === 0 ? [error.message] : said.map(({ message }) => message);
  for (const message of messages) {
    const refusal = errorFromWire(message, error);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Codes that say nothing of the request but that this peer, or its clock, fails; another may endorse. */
const PEER_FAILURES: readonly ErrorCode[] = ['INTERNAL', 'CLOCK_SKEWED'];

/** A refusal by a rule, or peers that cannot endorse now: a chaincode that fails without a rule is one of those. */
export function notEndorsed(error: unknown, own: MspId): Exclude<Endorsement, { kind: 'endorsed' }> {
  const refusal = refusalIn(error, own);
  const byOwnPeer = isOwn(error, own);
  const silence = { kind: 'unreachable', byOwnPeer, isLate: isLate(error) } as const;
  if (refusal === undefined) return { ...silence, error: ledgerFailure(error) };
  if (PEER_FAILURES.includes(refusal.code)) return { ...silence, error: refusal };
  return { kind: 'refused', error: refusal, byOwnPeer };
}

/** Whether no answer came in time. */
function isLate(error: unknown): boolean {
  return error instanceof GatewayError && error.code === TOO_LATE;
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
