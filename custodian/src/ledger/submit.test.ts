// SPDX-License-Identifier: Apache-2.0
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { GatewayError, StatusCode, type ErrorDetail, type Status } from '@hyperledger/fabric-gateway';
import { describe, expect, test } from '@jest/globals';
import type { MspId } from '@tutela/chaincode/domain';
import { seeded } from '@tutela/chaincode/testing';
import { EndorserChoice } from '@tutela/fabric';
import { encode } from '../testing/fabric-bytes.js';
import { submit, type Submission } from './submit.js';

const [OWN, ...OTHERS] = ['AlderMSP', 'BirchMSP', 'CedarMSP'] as MspId[] as [MspId, MspId, MspId];
const ANSWER = Buffer.from('answer');

/** A failed endorsement as Fabric's client reports it: what the peers of these hospitals answered. */
function failure(answers: Readonly<Record<string, string>>, code = status.ABORTED): GatewayError {
  const cause: ServiceError = Object.assign(new Error('no endorsements'), {
    code,
    details: '',
    metadata: new Metadata(),
  });
  const details = Object.entries(answers).map(([mspId, message]): ErrorDetail => ({
    address: `peer.${mspId}:7051`,
    mspId,
    message,
  }));
  return new GatewayError({ code, details, cause, message: 'no endorsements' });
}

/** gateway.PreparedTransaction with endorsements of these hospitals. */
function prepared(endorsers: readonly MspId[]): Uint8Array {
  const each = endorsers.map((mspId): [number, Buffer] => [2, encode([[1, encode([[1, mspId]])]])]);
  const actionPayload = encode([[2, encode(each)]]);
  const transaction = encode([[1, encode([[2, actionPayload]])]]);
  return encode([[2, encode([[1, encode([[2, transaction]])]])]]);
}

/** Each proposal ends with the next outcome: a validation code or an error; the last repeats. */
function scene(...outcomes: readonly (Error | Status['code'])[]) {
  const asked: (readonly MspId[] | undefined)[] = [];
  const random = seeded(8);
  const submission: Submission = {
    own: OWN,
    others: () => Promise.resolve(OTHERS),
    choice: new EndorserChoice({ nowMs: () => 0, chance: () => random(1_000_000) / 1_000_000 }),
    nowMs: () => 0,
    isInBlock: () =>
      Promise.resolve(outcomes[Math.min(asked.length, outcomes.length) - 1] === StatusCode.VALID),
    endorse: (hospitals) => {
      const code = outcomes[Math.min(asked.length, outcomes.length - 1)] ?? StatusCode.VALID;
      asked.push(hospitals);
      if (code instanceof Error) return Promise.reject(code);
      const judged = { code, successful: code === StatusCode.VALID, transactionId: 't', blockNumber: 1n };
      return Promise.resolve({
        getBytes: () => prepared(hospitals ?? [OWN, ...OTHERS.slice(0, 1)]),
        getResult: () => ANSWER,
        submit: () => Promise.resolve({ getStatus: () => Promise.resolve(judged) }),
      });
    },
  };
  return { submission, asked };
}

describe('a transaction of a custodian', () => {
  test('answers once it is committed', async () => {
    const { submission } = scene(StatusCode.MVCC_READ_CONFLICT, StatusCode.VALID);
    expect(await submit(submission)).toEqual(ANSWER);
  });

  test('that is invalid is a conflict, after five lost races or 25 that others spoiled', async () => {
    const races = scene(StatusCode.MVCC_READ_CONFLICT);
    await expect(submit(races.submission)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(races.asked).toHaveLength(5);
    const falsified = scene(StatusCode.ENDORSEMENT_POLICY_FAILURE);
    await expect(submit(falsified.submission)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(falsified.asked).toHaveLength(25);
  });

  test('attack 44: whose id another envelope claims, ordered first, is endorsed again', async () => {
    const { submission, asked } = scene(
      StatusCode.BAD_PROPOSAL_TXID,
      StatusCode.DUPLICATE_TXID,
      StatusCode.VALID,
    );
    expect(await submit(submission)).toEqual(ANSWER);
    expect(asked).toHaveLength(3);
  });

  test('that the own peer refuses ends with that refusal', async () => {
    const { submission, asked } = scene(failure({ AlderMSP: '[STATEMENT_REPLAYED] it was used' }));
    await expect(submit(submission)).rejects.toMatchObject({ code: 'STATEMENT_REPLAYED' });
    expect(asked).toHaveLength(1);
  });

  test('that others do not endorse is asked again only of other peers, and never without the own one', async () => {
    const away = failure({ BirchMSP: 'no connection' });
    const once = scene(away);
    await expect(submit(once.submission)).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE', cause: away });
    expect(once.asked).toEqual([undefined]);
    const late = scene(failure({}, status.DEADLINE_EXCEEDED));
    late.submission.choice.spoiled(2, undefined);
    await expect(submit(late.submission)).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    const named = [OWN, expect.stringMatching(/BirchMSP|CedarMSP/)];
    expect(late.asked).toEqual([undefined, named, undefined, named]);
  });
});
