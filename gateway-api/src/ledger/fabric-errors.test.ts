// SPDX-License-Identifier: Apache-2.0
import { status as GrpcStatus, type ServiceError } from '@grpc/grpc-js';
import { GatewayError, type ErrorDetail } from '@hyperledger/fabric-gateway';
import { describe, expect, test } from '@jest/globals';
import type { MspId } from '@tutela/chaincode/domain';
import { ledgerFailure, notEndorsed } from './fabric-errors.js';

function failure(code: GrpcStatus, message: string, details: readonly string[] = []): GatewayError {
  return new GatewayError({
    code,
    message,
    details: details.map((text): ErrorDetail => ({
      address: 'localhost:1',
      mspId: 'AlderMSP',
      message: text,
    })),
    cause: new Error(message) as ServiceError,
  });
}

const revoked = 'error validating proposal: access denied: channel [tutela] creator org [AlderMSP]';

describe('a failure without a code of ours', () => {
  test.each([
    ['a revoked certificate, told in a detail', failure(GrpcStatus.FAILED_PRECONDITION, 'failed', [revoked])],
    ['a revoked certificate, told in the message', failure(GrpcStatus.UNKNOWN, revoked)],
    ['an identity that may not', failure(GrpcStatus.PERMISSION_DENIED, 'no')],
  ])('is an unknown caller for %s', (_, cause) => {
    expect(ledgerFailure(cause)).toMatchObject({ code: 'CALLER_UNKNOWN' });
  });

  test.each([
    ['a peer that is away', failure(GrpcStatus.UNAVAILABLE, 'no connection')],
    ['anything else', new Error(revoked)],
  ])('is a silent ledger for %s', (_, cause) => {
    expect(ledgerFailure(cause)).toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
  });
});

describe('attack 42: a code that another hospital’s peer says', () => {
  test('takes no place of what the own peer said, though it stands first', () => {
    const details: readonly ErrorDetail[] = [
      { address: 'localhost:1', mspId: 'MapleMSP', message: '[ALREADY_EXISTS] it stands' },
      { address: 'localhost:2', mspId: 'AlderMSP', message: '[NOT_FOUND] no such consent' },
    ];
    const cause = new Error('failed') as ServiceError;
    const error = new GatewayError({
      code: GrpcStatus.ABORTED,
      message: 'failed',
      details: [...details],
      cause,
    });
    const own = 'AlderMSP' as MspId;
    expect(notEndorsed(error, own)).toMatchObject({ byOwnPeer: true, error: { code: 'NOT_FOUND' } });
  });
});

describe('a proposal that is not endorsed', () => {
  const OWN = 'AlderMSP' as MspId;
  const FOREIGN = 'BirchMSP' as MspId;

  test.each([
    ['a peer that is away', [], 'LEDGER_UNAVAILABLE'],
    [
      'a chaincode that failed without a rule',
      ['[INTERNAL] the transaction failed on this peer'],
      'INTERNAL',
    ],
    ['a peer whose clock is wrong', ['[CLOCK_SKEWED] check both clocks'], 'CLOCK_SKEWED'],
  ])('has endorsers that cannot: %s', (_, details, code) => {
    const answer = notEndorsed(failure(GrpcStatus.ABORTED, 'no endorsement', details), OWN);
    expect(answer).toMatchObject({ kind: 'unreachable', error: { code } });
  });

  test('is refused by the own peer, or by a foreign one that may lag', () => {
    const error = failure(GrpcStatus.ABORTED, 'no endorsement', ['[NOT_FOUND] no such consent']);
    expect(notEndorsed(error, OWN)).toMatchObject({ kind: 'refused', byOwnPeer: true });
    expect(notEndorsed(error, FOREIGN)).toMatchObject({ kind: 'refused', byOwnPeer: false });
  });
});
