// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

import { expect, test } from '@jest/globals';

import { openAtRest } from './at-rest.js';
import { decodeBase64url } from './base64url.js';
import { utf8 } from './bytes.js';
import { combineSharesOn, isShareValidOn, verifyCapsuleOn } from './kernel/tdh2.js';
import { hpkeOpen, importHpkePrivateKey } from './hpke.js';
import { nobleGroup } from './kernel/noble-group.js';
import { sodiumGroup } from './kernel/sodium-group.js';
import { decryptStream } from './stream/decrypt.js';
import { collect } from './testing/collect.js';
import { makeVectors, type Vectors } from './testing/vectors.js';

const path = new URL('../vectors/frozen-v1.json', import.meta.url);
const frozen = JSON.parse(readFileSync(path, 'utf8')) as Vectors;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('everything that version 1 writes is byte for byte what was frozen', () => {
  expect(JSON.parse(JSON.stringify(makeVectors()))).toEqual(frozen);
});

test.each(frozen.streams)(
  'frozen streams open ($place.suite)',
  async ({ place, dek, aad, com, ciphertext, plaintext }) => {
    const secret = { suite: place.suite, dek: decodeBase64url(dek, 32), aad: decodeBase64url(aad) };
    const opened = await collect(
      decryptStream(secret, decodeBase64url(com, 32), [decodeBase64url(ciphertext)]),
    );
    expect(text(opened)).toBe(plaintext);
  },
);

test.each([
  ['noble', nobleGroup],
  ['libsodium', sodiumGroup],
] as const)('frozen capsules and shares open on %s', (_, group) => {
  const { publicKey, label, capsule, key, share } = frozen.capsule;
  const context = { publicKey: decodeBase64url(publicKey, 32), label: decodeBase64url(label, 32) };
  const { u } = verifyCapsuleOn(group, context, decodeBase64url(capsule));
  const answer = {
    ...share,
    element: decodeBase64url(share.element, 32),
    proof: decodeBase64url(share.proof, 64),
  };
  expect(isShareValidOn(group, answer, { verificationKey: context.publicKey, label: context.label, u })).toBe(
    true,
  );
  expect(combineSharesOn(group, context, decodeBase64url(capsule), [answer], 1)).toEqual(
    decodeBase64url(key, 32),
  );
});

test('frozen seals and files open', () => {
  const { privateKey, info, aad, sealed, plaintext } = frozen.sealed;
  const reader = importHpkePrivateKey(decodeBase64url(privateKey, 32));
  expect(text(hpkeOpen(reader, { info: utf8(info), aad: utf8(aad) }, decodeBase64url(sealed)))).toBe(
    plaintext,
  );
  const { key, byKey, passphrase, byPassphrase, place } = frozen.atRest;
  expect(text(openAtRest({ key: decodeBase64url(key, 32) }, decodeBase64url(byKey), utf8(place)))).toBe(
    'share',
  );
  expect(text(openAtRest({ passphrase }, decodeBase64url(byPassphrase), utf8(place)))).toBe('share');
});
