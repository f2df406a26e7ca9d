// SPDX-License-Identifier: Apache-2.0
import { status as GrpcStatus } from '@grpc/grpc-js';
import { GatewayError } from '@hyperledger/fabric-gateway';
import { DomainError, errorFromWire, type ErrorCode, type MspId } from '@tutela/chaincode/domain';
import type { Endorsement } from './submission.js';

/** The chaincode's own refusal inside a gateway's error, and which organisation's peer said it. */
type WireRefusal = Readonly<{ error: DomainError; mspIds: readonly string[] }>;

/** gRPC codes with which a peer turns an identity away. */
const DENIALS: readonly number[] = [GrpcStatus.PERMISSION_DENIED, GrpcStatus.UNAUTHENTICATED];

/** What a peer says of a certificate that is revoked or expired; the code of that answer is that of any failure. */
const DENIED = /access denied: channel \[/;

/** Finds the coded refusal in an error's details, the own peer's before another's, or in its message where there are none. */
function refusalIn(error: unknown, own: MspId): WireRefusal | undefined {
  if (!(error instanceof GatewayError)) return undefined;
  const coded = error.details.flatMap((detail) => {
    const refusal = errorFromWire(detail.message, error);
    return refusal === undefined ? [] : [{ refusal, mspId: detail.mspId }];
  });
  const first = coded.find(({ mspId }) => mspId === own) ?? coded[0];
  if (first !== undefined) return { error: first.refusal, mspIds: coded.map(({ mspId }) => mspId) };
  const inMessage = errorFromWire(error.message, error);
  return inMessage === undefined ? undefined : { error: inMessage, mspIds: [] };
}

/** Codes that say nothing of the request but that this peer, or its clock, fails; another may endorse. */
const PEER_FAILURES: readonly ErrorCode[] = ['INTERNAL', 'CLOCK_SKEWED'];

/** A refusal by a rule, or peers that cannot endorse now: a chaincode that fails without a rule is one of those. */
export function notEndorsed(error: unknown, own: MspId): Exclude<Endorsement, { kind: 'endorsed' }> {
  const refusal = refusalIn(error, own);
  if (refusal === undefined) return { kind: 'unreachable', error: ledgerFailure(error) };
  if (PEER_FAILURES.includes(refusal.error.code)) return { kind: 'unreachable', error: refusal.error };
  return { kind: 'refused', error: refusal.error, byOwnPeer: isOwn(refusal, own) };
}

/** Whether the refusal came from the own peer, or from nobody in particular. */
function isOwn(refusal: WireRefusal, own: MspId): boolean {
  return refusal.mspIds.length === 0 || refusal.mspIds.includes(own);
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
