// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import { DomainError } from '@tutela/chaincode/domain';
import { LateAccusations } from './late-accusations.js';

type Lies = Parameters<LateAccusations['add']>[0];

test('attack 28: evidence from a time when the ledger stalls is brought there once it answers, each piece once', async () => {
  const submitted: string[] = [];
  let isStalled = true;
  let tries = 0;
  const submit = (_actor: unknown, _name: string, { custodian }: { custodian: string }): Promise<unknown> => {
    tries += 1;
    if (isStalled) return Promise.reject(new DomainError('LEDGER_UNAVAILABLE', 'no orderer answers'));
    submitted.push(custodian);
    return Promise.resolve({});
  };
  const silent = (): void => undefined;
  const deps = { ledger: { submit }, log: { info: silent, warn: silent, error: silent } };
  const late = new LateAccusations(deps as unknown as ConstructorParameters<typeof LateAccusations>[0], 5);
  const evidence = { reply: { requestHash: 'h' }, signature: 's' };
  const lies = ['AlderMSP', 'CedarMSP'].map((mspId) => ({ mspId, revealed: new Uint8Array(1), evidence }));
  late.add(lies as unknown as Lies);
  while (tries < 4) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(submitted).toEqual([]);
  isStalled = false;
  while (submitted.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(submitted).toEqual(['AlderMSP', 'CedarMSP']);
});
