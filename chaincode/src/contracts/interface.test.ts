// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import contractApi from 'fabric-contract-api';
import ChaincodeFromContract from 'fabric-shim/lib/contract-spi/chaincodefromcontract.js';
import { TRANSACTIONS } from '../domain/names.js';
import { contractsFor } from './index.js';

type Described = Readonly<{
  transactions: readonly Readonly<{
    name: string;
    tag: readonly string[];
    parameters: unknown;
    returns: unknown;
  }>[];
}>;

const serializers = {
  transaction: 'jsonSerializer',
  serializers: { jsonSerializer: contractApi.JSONSerializer },
};
const { metadata } = new ChaincodeFromContract([...contractsFor(3)], serializers, {}, 'tutela', 'test');

/** Names of the transactions of a contract that carry a tag. */
function tagged(contract: string, tag: string): readonly string[] {
  // Fabric's own description of a contract.
  const { transactions } = metadata.contracts[contract] as Described;
  return transactions.filter((one) => one.tag.includes(tag)).map(({ name }) => name);
}

describe('the public interface', () => {
  test('has the contracts of the domain and Fabric’s own', () => {
    expect(Object.keys(metadata.contracts).sort()).toEqual(
      [...Object.keys(TRANSACTIONS), 'org.hyperledger.fabric'].sort(),
    );
  });

  test.each(Object.entries(TRANSACTIONS))(
    'of %s is exactly what the domain names',
    (contract, { submit, evaluate }) => {
      expect(tagged(contract, 'SUBMIT')).toEqual(submit);
      expect(tagged(contract, 'EVALUATE')).toEqual(evaluate);
    },
  );

  test('takes one text and returns one text everywhere', () => {
    for (const contract of Object.keys(TRANSACTIONS))
      for (const { parameters, returns } of (metadata.contracts[contract] as Described).transactions) {
        expect(parameters).toEqual([{ name: 'request', description: '', schema: { type: 'string' } }]);
        expect(returns).toEqual({ type: 'string' });
      }
  });

  test('is the one that was agreed on', () => {
    expect(TRANSACTIONS).toMatchSnapshot();
  });
});
