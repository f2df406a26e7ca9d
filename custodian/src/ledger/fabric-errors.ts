// SPDX-License-Identifier: Apache-2.0
import { status as GrpcStatus } from '@grpc/grpc-js';
import { CommitError, CommitStatusError, GatewayError, StatusCode } from '@hyperledger/fabric-gateway';
import { DomainError, errorFromWire } from '@tutela/chaincode/domain';

const TOO_LATE: number = GrpcStatus.DEADLINE_EXCEEDED;
const CONFLICTS: readonly number[] = [StatusCode.MVCC_READ_CONFLICT, StatusCode.PHANTOM_READ_CONFLICT];

/** Whether a submission lost a race and may simply be tried again. */
export function isConflict(error: unknown): boolean {
  return error instanceof CommitError && CONFLICTS.includes(error.code);
}

/** Whether no answer came in time. */
export function isLate(error: unknown): boolean {
  return error instanceof GatewayError && error.code === TOO_LATE;
}

/** Whether fewer endorsed a transaction truly than the rule for it demands. */
export function isUnderEndorsed(error: unknown): boolean {
  return error instanceof CommitError && error.code === StatusCode.ENDORSEMENT_POLICY_FAILURE;
}

/**
 * The domain's error behind an error of Fabric's client, its cause kept. Only what the peer of the own hospital said
 * counts as a code: any hospital's peer may be asked to endorse, and says what it likes.
 */
export function toDomainError(error: unknown, own: string): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof CommitStatusError)
    return new DomainError('COMMIT_UNKNOWN', 'the commit was not confirmed in time; ask again', {
      cause: error,
    });
  if (error instanceof CommitError)
    return new DomainError('CONFLICT', 'the transaction was not valid when it was ordered', { cause: error });
  if (error instanceof GatewayError) return fromGateway(error, own);
  return new DomainError('LEDGER_UNAVAILABLE', 'the own peer did not answer', { cause: error });
}

function fromGateway(error: GatewayError, own: string): DomainError {
  // An error without details is of the own peer's gateway; each detail names whose peer said it.
  const messages =
    error.details.length === 0
      ? [error.message]
      : error.details.filter(({ mspId }) => mspId === own).map(({ message }) => message);
  for (const message of messages) {
    const known = errorFromWire(message, error);
    if (known !== undefined) return known;
  }
  return new DomainError('LEDGER_UNAVAILABLE', 'the own peer, or one that has to endorse, gave no answer', {
    cause: error,
  });
}
