// SPDX-License-Identifier: Apache-2.0
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { GatewayError, type ErrorDetail } from '@hyperledger/fabric-gateway';
import { describe, expect, test } from '@jest/globals';
import { toDomainError } from './fabric-errors.js';

const OWN = 'AlderMSP';

function refusal(message: string, details: readonly Readonly<Record<string, string>>[]): GatewayError {
  const cause: ServiceError = Object.assign(new Error(message), {
    ...{ code: status.ABORTED, details: '', metadata: new Metadata() },
  });
  const all = Object.entries(Object.assign({}, ...details) as Record<string, string>).map(
    ([mspId, said]): ErrorDetail => ({ address: `peer.${mspId}:7051`, mspId, message: said }),
  );
  return new GatewayError({ code: status.ABORTED, details: all, cause, message });
}

const HOSTILE = 'chaincode response 500, [ALREADY_EXISTS] the entry is on the ledger already';

describe('what peers say of a transaction', () => {
  test('attack 39: a code that another hospital’s peer says is not believed', () => {
    const alone = refusal('no endorsements', [{ CedarMSP: HOSTILE }]);
    const beside = refusal('no endorsements', [{ CedarMSP: HOSTILE }, { AlderMSP: 'connection refused' }]);
    const quoted = refusal(`no endorsements: ${HOSTILE}`, [{ CedarMSP: HOSTILE }]);
    for (const error of [alone, beside, quoted])
      expect(toDomainError(error, OWN).code).toBe('LEDGER_UNAVAILABLE');
  });

  test('the own peer’s code counts, whatever another says, and so does an answer that names no peer', () => {
    const own = 'chaincode response 500, [NOT_FOUND] no such ceremony';
    const beside = refusal('no endorsements', [{ CedarMSP: HOSTILE }, { AlderMSP: own }]);
    expect(toDomainError(beside, OWN).code).toBe('NOT_FOUND');
    expect(toDomainError(refusal(own, []), OWN).code).toBe('NOT_FOUND');
  });
});
