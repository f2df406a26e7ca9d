// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { clusterSecretText, parseRestCredentials, swarmKeyText } from './secrets.js';

describe('shared secrets', () => {
  it('writes a swarm key in the libp2p form', () => {
    expect(swarmKeyText(new Uint8Array(32).fill(0xab))).toBe(
      `/key/swarm/psk/1.0.0/\n/base16/\n${'ab'.repeat(32)}\n`,
    );
  });

  it('refuses a key of another length', () => {
    expect(() => swarmKeyText(new Uint8Array(31))).toThrow(RangeError);
    expect(() => clusterSecretText(new Uint8Array(33))).toThrow(RangeError);
  });

  it('reads credentials, with or without the closing line feed', () => {
    const expected = { user: 'alder', password: 'correct-horse:battery' };
    expect(parseRestCredentials('alder:correct-horse:battery')).toEqual(expected);
    expect(parseRestCredentials('alder:correct-horse:battery\n')).toEqual(expected);
  });

  it.each([
    '',
    'alder',
    'alder:short',
    ':0123456789abcdef',
    'a b:0123456789abcdef',
    'alder:0123456789abcdef\nmore',
  ])('refuses %j without repeating it', (text) => {
    expect(() => parseRestCredentials(text)).toThrow('credentials must be user:password');
  });
});
