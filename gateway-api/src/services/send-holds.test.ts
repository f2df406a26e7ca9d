// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import { DomainError, type Custodian, type SignedRevocation } from '@tutela/chaincode/domain';
import { sendHolds, type HoldDeps } from './send-holds.js';

const HOSPITALS = ['AlderMSP', 'BirchMSP', 'CedarMSP'];
const never = new Promise<void>(() => undefined);

function depsOf(answers: readonly Promise<void>[], current: Promise<unknown>): HoldDeps {
  const answerOf = ({ mspId }: Custodian) => answers[HOSPITALS.indexOf(mspId)];
  return {
    log: { warn: () => undefined },
    custodians: { hold: answerOf },
    custody: {
      custodians: () => Promise.resolve(HOSPITALS.map((mspId) => ({ mspId }))),
      current: () => current,
    },
  } as unknown as HoldDeps;
}

const set = Promise.resolve({ members: HOSPITALS, threshold: 2 });
const hold = {} as SignedRevocation;

test('a hold that goes to the ledger too is answered soon after several custodians have it, though one is silent', async () => {
  const deps = depsOf([Promise.resolve(), Promise.resolve(), never], set);
  expect(await sendHolds(deps, hold)).toEqual(['AlderMSP', 'BirchMSP']);
});

test('too few are never enough: all others are heard first', async () => {
  const refused = Promise.reject(new DomainError('TOO_FEW_CUSTODIANS', 'it does not answer'));
  const deps = depsOf([Promise.resolve(), refused, refused], set);
  expect(await sendHolds(deps, hold)).toEqual(['AlderMSP']);
});

test('where no set is in force, all are heard', async () => {
  const none = Promise.reject(new DomainError('CUSTODY_INACTIVE', 'no key was dealt'));
  const deps = depsOf([Promise.resolve(), Promise.resolve(), Promise.resolve()], none);
  expect(await sendHolds(deps, hold)).toEqual(HOSPITALS);
});
