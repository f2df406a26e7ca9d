// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { partDag } from './part-dag.js';
import { MAX_PART_BYTES } from './vault.js';

const MIB = 1024 * 1024;

// What `ipfs add --only-hash` of Kubo 0.43.1 says under the profile unixfs-v1-2025 for bytes that count modulo 251.
const vectors: readonly [number, string][] = [
  [0, 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'],
  [1, 'bafkreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu'],
  [1_048_576, 'bafkreidddocae7lltzjlkooe5a3tmiwsgazn7logjvqk7bzttsidpzhxne'],
  [1_048_577, 'bafybeidjogjfwuhbzwopgd4bn3skcf5m6oz72xshywcndzxgqb623nfclu'],
  [5_242_880, 'bafybeif3cqzr34eco3pr3jiypjq5j5ine35czekpyoa6q5uvwecywczeem'],
  [16_777_244, 'bafybeibi2brmrxwwbvkwgxvd52dizqx457amjwxvkow6qbdjl5mqwlb6gy'],
];

describe('the identifier of a part', () => {
  it.each(vectors)('of %i counting bytes is the one that Kubo computes', (size, cid) => {
    expect(partDag(counting(size)).cid).toBe(cid);
  });

  it('changes with any byte', () => {
    const bytes = counting(3 * MIB);
    const flipped = bytes.slice();
    flipped[2 * MIB + 5] = (flipped[2 * MIB + 5] ?? 0) ^ 1;
    expect(partDag(flipped).cid).not.toBe(partDag(bytes).cid);
  });

  it('comes with every block once, root first', () => {
    const zeros = partDag(new Uint8Array(3 * MIB + 1));
    expect(zeros.blocks).toHaveLength(3);
    expect(zeros.blocks[0]).toBe(zeros.cid);
    expect(partDag(counting(MIB)).blocks).toEqual([partDag(counting(MIB)).cid]);
  });

  it('is refused for a part above the limit', () => {
    expect(() => partDag(new Uint8Array(MAX_PART_BYTES + 1))).toThrow('[PART_TOO_LARGE]');
  });
});

function counting(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => index % 251);
}
