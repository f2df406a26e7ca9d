// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { blockName, canonicalCid, checkedCid, multihashOf } from './cid.js';
import { withOtherCodec } from './testing/with-other-codec.js';

const RAW = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';

describe('an identifier at the door', () => {
  it('passes unchanged when it is canonical', () => {
    expect(checkedCid(RAW)).toBe(RAW);
  });

  it.each([
    ['version 0', 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG'],
    ['another base', RAW.toUpperCase()],
    ['one symbol in upper case', RAW.replace('h', 'H')],
    ['a path', `${RAW}/x`],
    ['an endless text', RAW.repeat(100)],
    ['nothing', ''],
  ])('is refused for %s', (_, text) => {
    expect(() => checkedCid(text)).toThrow('[BAD_CID]');
  });

  it('an identifier of any kind is canonical in one spelling alone', () => {
    for (const text of [RAW, 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG'])
      expect(canonicalCid(text)).toBe(text);
    for (const text of [RAW.toUpperCase(), RAW.replace('h', 'H'), `${RAW.slice(0, -1)}v`])
      expect(() => canonicalCid(text)).toThrow('[BAD_CID]');
  });

  it('has one multihash under both codecs', () => {
    expect(multihashOf(RAW)).toMatch(/^1220e3b0c44298fc1c149afbf4c8996fb924/);
    expect(() => multihashOf('x')).toThrow('[BAD_CID]');
  });

  it('attack 40: has one block name under both codecs, and a text that is none names itself', () => {
    const dagPb = withOtherCodec(RAW);
    expect(dagPb).not.toBe(RAW);
    expect(blockName(dagPb)).toBe(blockName(RAW));
    expect(blockName('x')).toBe('x');
  });
});
