// SPDX-License-Identifier: Apache-2.0
import { status as GrpcStatus, type ServiceError } from '@grpc/grpc-js';
import { GatewayError, type ErrorDetail } from '@hyperledger/fabric-gateway';
import { describe, expect, test } from '@jest/globals';
import { ledgerFailure } from './fabric-errors.js';

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
