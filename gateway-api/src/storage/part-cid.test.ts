// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import { partCid } from '@tutela/chaincode/domain';
import { checkedCid, partDag } from '@tutela/ipfs-cluster';
import { withOtherCodec } from '@tutela/ipfs-cluster/testing';
import fc from 'fast-check';

const takes = (check: (text: string) => unknown, text: string): boolean => {
  try {
    return check(text) === text;
  } catch {
    return false;
  }
};

test('attack 44: ledger and vault take the same identifiers of parts, so that none on the ledger stops the vault', () => {
  const real = fc
    .uint8Array({ minLength: 1, maxLength: 64 })
    .map((bytes) => partDag(bytes).cid)
    .chain((cid) => fc.constantFrom(cid, withOtherCodec(cid)));
  const symbol = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567A01='.split(''));
  const changed = fc
    .tuple(real, fc.nat(58), symbol)
    .map(([cid, at, other]) => `${cid.slice(0, at)}${other}${cid.slice(at + 1)}`);
  fc.assert(fc.property(real, (cid) => takes((text) => partCid(text, 'cid'), cid)));
  fc.assert(
    fc.property(fc.oneof(real, changed), (cid) => {
      expect(takes((text) => partCid(text, 'cid'), cid)).toBe(takes(checkedCid, cid));
    }),
    { numRuns: 2_000 },
  );
  // The empty directory alone: it passes on the ledger, and the vault has nothing to keep or remove of it.
  const everywhere = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354';
  expect(takes((text) => partCid(text, 'cid'), everywhere)).toBe(true);
  expect(takes(checkedCid, everywhere)).toBe(false);
});
