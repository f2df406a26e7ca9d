// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import { Metadata, status as grpc, type ServiceError } from '@grpc/grpc-js';
import { CommitStatusError, StatusCode, type Status } from '@hyperledger/fabric-gateway';
import { commit, type Orderable } from './commit.js';

const cause: ServiceError = Object.assign(new Error('deadline exceeded'), {
  code: grpc.DEADLINE_EXCEEDED,
  details: '',
  metadata: new Metadata(),
});
const silence = new CommitStatusError({
  code: grpc.DEADLINE_EXCEEDED,
  details: [],
  cause,
  transactionId: 't1',
});

/** A transaction whose orders end so, the last for ever; an error stands for orderers that take nothing. */
function transaction(
  ...orders: readonly (Error | Status['code'])[]
): Orderable & { submitted: () => number } {
  let submitted = 0;
  const submit: Orderable['submit'] = () => {
    const order = orders[Math.min(submitted, orders.length - 1)];
    submitted += 1;
    if (order instanceof Error && order !== silence) return Promise.reject(order);
    if (typeof order !== 'number') return Promise.resolve({ getStatus: () => Promise.reject(silence) });
    const status = {
      code: order,
      successful: order === StatusCode.VALID,
      transactionId: 't1',
      blockNumber: 1n,
    };
    return Promise.resolve({ getStatus: () => Promise.resolve(status) });
  };
  return { submit, submitted: () => submitted };
}

/** The block has the transaction as the status says. */
const asTold = (): Promise<boolean> => Promise.resolve(true);
/** No block has it as valid. */
const nowhere = (): Promise<boolean> => Promise.resolve(false);

test('attack 29: a transaction whose block does not come is sent again, for its leader may be gone', async () => {
  const lost = transaction(silence, silence, StatusCode.VALID);
  expect(await commit(lost, asTold)).toEqual({ valid: true, code: StatusCode.VALID });
  expect(lost.submitted()).toBe(3);
});

test('what was ordered once and gets no status stays unknown, also when no orderer takes it again', async () => {
  const lost = transaction(silence);
  await expect(commit(lost, nowhere)).rejects.toBe(silence);
  expect(lost.submitted()).toBe(5);
  await expect(commit(transaction(silence, new Error('no leader')), nowhere)).rejects.toBe(silence);
});

test('what no orderer takes at first was never ordered, and what is invalid is not sent again', async () => {
  await expect(commit(transaction(new Error('no leader')), nowhere)).rejects.toThrow('no leader');
  const invalid = transaction(StatusCode.MVCC_READ_CONFLICT, StatusCode.VALID);
  expect(await commit(invalid, nowhere)).toEqual({ valid: false, code: StatusCode.MVCC_READ_CONFLICT });
  expect(invalid.submitted()).toBe(1);
});

test('attack 44: a transaction is valid where a block has it as valid, whatever is told of its id', async () => {
  const asked: string[] = [];
  const isInBlock = (txId: string): Promise<boolean> => Promise.resolve(asked.push(txId) === 1);
  const claimed = transaction(StatusCode.BAD_PROPOSAL_TXID);
  expect(await commit(claimed, isInBlock)).toMatchObject({ valid: true });
  expect(await commit(claimed, isInBlock)).toMatchObject({ valid: false });
  expect(await commit(transaction(StatusCode.VALID), isInBlock)).toMatchObject({ valid: false });
  await commit(transaction(StatusCode.MVCC_READ_CONFLICT), isInBlock);
  expect(asked).toEqual(['t1', 't1', 't1']);
  const unreadable = new Error('no block');
  await expect(commit(claimed, () => Promise.reject(unreadable))).rejects.toBe(unreadable);
});
