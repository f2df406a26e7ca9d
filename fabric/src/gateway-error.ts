// SPDX-License-Identifier: Apache-2.0
import { status as GrpcStatus } from '@grpc/grpc-js';
import { GatewayError } from '@hyperledger/fabric-gateway';
import { errorFromWire, type DomainError } from '@tutela/chaincode/domain';

/** A number, as the client's errors carry it: an enumeration is compared with nothing else. */
const TOO_LATE: number = GrpcStatus.DEADLINE_EXCEEDED;

/** Whether an error of Fabric's client says that no answer came in time. */
export function isLate(error: unknown): boolean {
  return error instanceof GatewayError && error.code === TOO_LATE;
}

/** Whether the own peer is among those that failed, or the error names no peer: then the own peer's gateway wrote it. */
export function isOwnFailure(error: unknown, own: string): boolean {
  if (!(error instanceof GatewayError) || error.details.length === 0) return true;
  return error.details.some(({ mspId }) => mspId === own);
}

/**
 * The chaincode's refusal as the own peer gave it, or undefined. Any hospital's peer may be asked to endorse and answers
 * what it likes, so the code of another's is not read.
 */
export function refusalByOwnPeer(error: unknown, own: string): DomainError | undefined {
  if (!(error instanceof GatewayError)) return undefined;
  if (error.details.length === 0) return firstRefusal(error, [error.message]);
  const ofOwn = error.details.filter(({ mspId }) => mspId === own);
  return firstRefusal(
    error,
    ofOwn.map(({ message }) => message),
  );
}

/** The refusal of another hospital's peer where the own one did not fail: a reason to ask again, and no answer. */
export function refusalByOthers(error: unknown, own: string): DomainError | undefined {
  if (!(error instanceof GatewayError) || isOwnFailure(error, own)) return undefined;
  return firstRefusal(
    error,
    error.details.map(({ message }) => message),
  );
}

function firstRefusal(error: GatewayError, messages: readonly string[]): DomainError | undefined {
  for (const message of messages) {
    const refusal = errorFromWire(message, error);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
