// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { fameDecrypt, fameEncrypt, fameKey, fameMessage, fameSetup, startFame } from '../bench/fame.js';

const attributes = (count: number) => Array.from({ length: count }, (_, position) => `attribute-${position}`);

describe('FAME, with which unlock times are compared', () => {
  beforeAll(startFame);

  test.each([1, 2, 5, 10])('a key with all %i attributes opens the message', (count) => {
    const { publicKey, masterKey } = fameSetup();
    const message = fameMessage();
    const ciphertext = fameEncrypt(publicKey, attributes(count), message);
    expect(fameDecrypt(ciphertext, fameKey(masterKey, attributes(count))).isEqual(message)).toBe(true);
  });

  test('a key for other attributes does not, even when it claims their names', () => {
    const { publicKey, masterKey } = fameSetup();
    const message = fameMessage();
    const ciphertext = fameEncrypt(publicKey, ['physician', 'alder'], message);
    const key = fameKey(masterKey, ['physician', 'birch']);
    expect(() => fameDecrypt(ciphertext, key)).toThrow('lacks the attribute alder');
    const renamed = new Map(
      [...key.perAttribute].map(([name, parts]) => [name === 'birch' ? 'alder' : name, parts]),
    );
    expect(fameDecrypt(ciphertext, { ...key, perAttribute: renamed }).isEqual(message)).toBe(false);
  });

  test('two users do not open together what neither opens alone', () => {
    const { publicKey, masterKey } = fameSetup();
    const message = fameMessage();
    const ciphertext = fameEncrypt(publicKey, ['physician', 'alder'], message);
    const [first, second] = [fameKey(masterKey, ['physician']), fameKey(masterKey, ['alder'])];
    const pooled = new Map([...first.perAttribute, ...second.perAttribute]);
    expect(fameDecrypt(ciphertext, { ...first, perAttribute: pooled }).isEqual(message)).toBe(false);
  });
});
