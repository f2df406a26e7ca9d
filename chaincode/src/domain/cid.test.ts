// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { base32 } from '../testing/cid.js';
import { partCid } from './cid.js';

/** The CID that the specification and the documents of IPFS have as their example. */
const DAG_PB = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi';
/** Raw, of no bytes: its digest is e3b0c442…b855, by FIPS 180-4. */
const RAW = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';

const takes = (value: unknown): boolean => {
  try {
    return partCid(value, 'cid') === value;
  } catch {
    return false;
  }
};
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
const cid = (bytes: readonly number[]): string => `b${base32(bytes)}`;

describe('a part’s content identifier', () => {
  test.each([DAG_PB, RAW])('is CIDv1 in base32, SHA-256, raw or dag-pb: %s', (text) => {
    expect(takes(text)).toBe(true);
  });

  test.each([
    ['version 0', 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG'],
    ['base58btc', 'zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA'],
    ['upper case', RAW.toUpperCase()],
    ['dag-cbor', `bafyrei${RAW.slice(7)}`],
    ['one symbol fewer', RAW.slice(0, -1)],
    ['one symbol more', `${RAW}a`],
    ['a line end', `${RAW}\n`],
    ['padding that is not zero', `${RAW.slice(0, -1)}v`],
    ['what is no text', 7],
  ])('is refused: %s', (_, value) => {
    expect(takes(value)).toBe(false);
  });

  test('is taken for every digest under both codecs, and under no other codec, hash or length', () => {
    const head = fc.tuple(...[1, 0x55, 0x12, 0x20].map((usual) => fc.oneof(fc.constant(usual), fc.nat(255))));
    fc.assert(fc.property(digest, (bytes) => takes(cid([1, 0x55, 0x12, 0x20, ...bytes]))));
    fc.assert(fc.property(digest, (bytes) => takes(cid([1, 0x70, 0x12, 0x20, ...bytes]))));
    fc.assert(
      fc.property(head, digest, ([version = 0, codec = 0, hash = 0, length = 0], bytes) => {
        const isKnown = version === 1 && [0x55, 0x70].includes(codec) && hash === 0x12 && length === 0x20;
        return takes(cid([version, codec, hash, length, ...bytes])) === isKnown;
      }),
    );
  });
});
