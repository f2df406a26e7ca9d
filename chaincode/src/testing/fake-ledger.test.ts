// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { FakeLedger } from './fake-ledger.js';
import { enrol, type Identity } from './identity.js';

let someone: Identity;
const bytes = (text: string) => new TextEncoder().encode(text);

beforeAll(async () => {
  someone = await enrol('AlderMSP' as Identity['mspId'], 'someone' as Identity['id'], 'physician');
});

async function put(ledger: FakeLedger, key: string, value: string): Promise<void> {
  const stub = ledger.propose(someone);
  await stub.putState(key, bytes(value));
  expect(ledger.commit(stub)).toBe('VALID');
}

describe('the ledger in memory behaves as a peer does', () => {
  test('a simulation does not read its own writes', async () => {
    const stub = new FakeLedger().propose(someone);
    await stub.putState('a', bytes('1'));
    expect(await stub.getState('a')).toEqual(new Uint8Array());
  });

  test('of two that read and write one key, the second is invalid; blind writes both hold', async () => {
    const ledger = new FakeLedger();
    await put(ledger, 'a', '1');
    const [reader, other] = [ledger.propose(someone), ledger.propose(someone)];
    await reader.getState('a');
    await reader.putState('b', bytes('2'));
    await other.putState('a', bytes('2'));
    const blind = ledger.propose(someone);
    await blind.putState('a', bytes('3'));
    expect([ledger.commit(other), ledger.commit(blind), ledger.commit(reader)]).toEqual([
      'VALID',
      'VALID',
      'MVCC_READ_CONFLICT',
    ]);
  });

  test('a key that appears in, or leaves, a range that was walked is a phantom', async () => {
    const ledger = new FakeLedger();
    const key = (part: string) => ledger.propose(someone).createCompositeKey('k', ['p', part]);
    await put(ledger, key('a'), '1');
    const walk = async () => {
      const stub = ledger.propose(someone);
      const found: string[] = [];
      for await (const entry of stub.getStateByPartialCompositeKey('k', ['p'])) found.push(entry.key);
      await stub.putState('x', bytes('1'));
      return { stub, found };
    };
    const before = await walk();
    expect(before.found).toEqual([key('a')]);
    await put(ledger, key('b'), '1');
    expect(ledger.commit(before.stub)).toBe('PHANTOM_READ_CONFLICT');
    expect(ledger.commit((await walk()).stub)).toBe('VALID');
  });

  test('paging and writing exclude one another, and a page goes on where the last one ended', async () => {
    const ledger = new FakeLedger();
    for (const key of ['a', 'b', 'c']) await put(ledger, key, key);
    const stub = ledger.propose(someone);
    const first = await stub.getStateByRangeWithPagination('a', 'z', 2);
    expect(first.metadata).toEqual({ fetchedRecordsCount: 2, bookmark: 'c' });
    const rest: string[] = [];
    for await (const { key } of stub.getStateByRangeWithPagination('a', 'z', 2, 'c')) rest.push(key);
    expect(rest).toEqual(['c']);
    expect(() => stub.putState('d', bytes('1'))).toThrow('cannot write');
    const writer = ledger.propose(someone);
    await writer.putState('d', bytes('1'));
    expect(() => writer.getStateByRangeWithPagination('a', 'z', 2)).toThrow('cannot page');
  });

  test('ranges of simple keys keep out of composite ones, and keys are never empty', () => {
    const stub = new FakeLedger().propose(someone);
    expect(() => stub.getStateByRange('\u0000hospital', 'z')).toThrow('null character');
    expect(() => stub.createCompositeKey('k', [''])).toThrow('non-zero length');
    expect(() => stub.putState('', bytes('1'))).toThrow('empty');
  });

  test('private data are purged, and one event is all that a transaction has', async () => {
    const ledger = new FakeLedger();
    const writer = ledger.propose(someone);
    await writer.putPrivateData('vault', 'a', bytes('1'));
    writer.setEvent('one', bytes('1'));
    expect(() => {
      writer.setEvent('two', bytes('2'));
    }).toThrow('one event');
    expect(ledger.commit(writer)).toBe('VALID');
    const purger = ledger.propose(someone);
    expect(await purger.getPrivateData('vault', 'a')).toEqual(bytes('1'));
    await purger.purgePrivateData('vault', 'a');
    expect(ledger.commit(purger)).toBe('VALID');
    expect(await ledger.propose(someone).getPrivateData('vault', 'a')).toEqual(new Uint8Array());
  });

  test('private data of which only the hash has come are an error until they come, and are in no read set', async () => {
    const ledger = new FakeLedger();
    const writer = ledger.propose(someone);
    const key = writer.createCompositeKey('k', ['a', 'b']);
    await writer.putPrivateData('vault', key, bytes('1'));
    expect(ledger.commit(writer)).toBe('VALID');
    ledger.losePrivateData('a');
    const reader = ledger.propose(someone);
    await expect(reader.getPrivateData('vault', key)).rejects.toThrow(
      `GET_STATE failed: transaction ID: ${reader.getTxID()}: private data matching public hash version is not ` +
        'available. Public hash version = {BlockNum: 1, TxNum: 0}, Private data version = <nil>',
    );
    expect(reader.rwset.privateReads.size).toBe(0);
    expect(await reader.getPrivateData('vault', 'another')).toEqual(new Uint8Array());
    ledger.reconcilePrivateData();
    expect(await ledger.propose(someone).getPrivateData('vault', key)).toEqual(bytes('1'));
    ledger.losePrivateData('a');
    const purger = ledger.propose(someone);
    await purger.purgePrivateData('vault', key);
    expect(ledger.commit(purger)).toBe('VALID');
    expect(await ledger.propose(someone).getPrivateData('vault', key)).toEqual(new Uint8Array());
  });
});
