// SPDX-License-Identifier: Apache-2.0
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { GatewayError, type ErrorDetail } from '@hyperledger/fabric-gateway';
import { describe, expect, test } from '@jest/globals';
import { isLate, isOwnFailure, refusalByOthers, refusalByOwnPeer } from './gateway-error.js';

const OWN = 'AlderMSP';
const REFUSED = 'chaincode response 500, [NOT_FOUND] no such ceremony';
const HOSTILE = 'chaincode response 500, [ALREADY_EXISTS] the entry is on the ledger already';

/** An error of Fabric's client: what the peers of these hospitals answered, in this order. */
function failure(
  answers: Readonly<Record<string, string>>,
  { code = status.ABORTED, message = 'no endorsements' } = {},
): GatewayError {
  const cause: ServiceError = Object.assign(new Error(message), {
    code,
    details: '',
    metadata: new Metadata(),
  });
  const details = Object.entries(answers).map(([mspId, text]): ErrorDetail => ({
    address: `peer.${mspId}:7051`,
    mspId,
    message: text,
  }));
  return new GatewayError({ code, details, cause, message });
}

describe('attack 39: a refusal', () => {
  test('by another hospital’s peer is none by the own one, beside it, alone or quoted', () => {
    const alone = failure({ CedarMSP: HOSTILE });
    const beside = failure({ CedarMSP: HOSTILE, AlderMSP: 'connection refused' });
    const quoted = failure({ CedarMSP: HOSTILE }, { message: `no endorsements: ${HOSTILE}` });
    for (const error of [alone, beside, quoted]) expect(refusalByOwnPeer(error, OWN)).toBeUndefined();
    expect(refusalByOthers(alone, OWN)).toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(refusalByOthers(beside, OWN)).toBeUndefined();
  });

  test('by the own peer counts, also after another’s, and so does an answer that names no peer', () => {
    const beside = failure({ CedarMSP: HOSTILE, AlderMSP: REFUSED });
    expect(refusalByOwnPeer(beside, OWN)).toMatchObject({ code: 'NOT_FOUND' });
    expect(refusalByOthers(beside, OWN)).toBeUndefined();
    const unnamed = failure({}, { message: REFUSED });
    expect(refusalByOwnPeer(unnamed, OWN)).toMatchObject({ code: 'NOT_FOUND' });
    expect(refusalByOthers(unnamed, OWN)).toBeUndefined();
    expect(refusalByOwnPeer(new Error(REFUSED), OWN)).toBeUndefined();
  });
});

test('a failure is the own peer’s when the error names it, or no peer', () => {
  expect(isOwnFailure(failure({ CedarMSP: 'away', AlderMSP: 'away' }), OWN)).toBe(true);
  expect(isOwnFailure(failure({}), OWN)).toBe(true);
  expect(isOwnFailure(new Error('no connection'), OWN)).toBe(true);
  expect(isOwnFailure(failure({ CedarMSP: 'away' }), OWN)).toBe(false);
});

test('an error is late when its gRPC code says so', () => {
  expect(isLate(failure({}, { code: status.DEADLINE_EXCEEDED }))).toBe(true);
  expect(isLate(failure({}, { code: status.UNAVAILABLE }))).toBe(false);
  expect(isLate(new Error('deadline exceeded'))).toBe(false);
});
