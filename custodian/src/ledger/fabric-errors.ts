// SPDX-License-Identifier: Apache-2.0
import { CommitStatusError, GatewayError } from '@hyperledger/fabric-gateway';
import { DomainError } from '@tutela/chaincode/domain';
import { refusalByOwnPeer } from '@tutela/fabric';

/**
 * The domain's error behind an error of Fabric's client, its cause kept. Only what the peer of the own hospital answered
 * counts as a code.
 */
export function toDomainError(error: unknown, own: string): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof CommitStatusError)
    return new DomainError('COMMIT_UNKNOWN', 'the commit was not confirmed in time; ask again', {
      cause: error,
    });
  return (
    refusalByOwnPeer(error, own) ?? new DomainError('LEDGER_UNAVAILABLE', noAnswer(error), { cause: error })
  );
}

function noAnswer(error: unknown): string {
  return error instanceof GatewayError
    ? 'the own peer, or one that has to endorse, gave no answer'
    : 'the own peer did not answer';
}
