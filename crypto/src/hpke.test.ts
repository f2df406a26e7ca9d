// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { concatBytes } from './bytes.js';
import {
  deriveHpkeKeyPair,
  generateHpkeKeyPair,
  hpkeOpen,
  hpkeSeal,
  hpkeSealWithSeed,
  importHpkePrivateKey,
} from './hpke.js';
import { releaseInfo } from './testing/labels.js';
import { refusalOf } from './testing/collect.js';
import { seededRandom } from './testing/seeded-random.js';
import { flipBit } from './testing/unproven-kernel.js';

const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const path = new URL('../vectors/rfc9180-hpke.json', import.meta.url);
const rfc = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
const field = (name: string): Uint8Array => unhex(rfc[name] ?? '');
/** The part of the library that is compared. */
interface ReferenceHpke {
  readonly kem: {
    deserializePublicKey(key: ArrayBuffer): Promise<object>;
    deserializePrivateKey(key: ArrayBuffer): Promise<object>;
  };
  seal(to: object, plaintext: ArrayBuffer, aad: ArrayBuffer): Promise<{ enc: ArrayBuffer; ct: ArrayBuffer }>;
  open(from: object, ciphertext: ArrayBuffer, aad: ArrayBuffer): Promise<ArrayBuffer>;
}

const library: ReferenceHpke = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});
const exact = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

describe('RFC 9180', () => {
  test('the reference vector comes out byte for byte', () => {
    const recipient = deriveHpkeKeyPair(field('ikmR'));
    expect([recipient.privateKey, recipient.publicKey]).toEqual([field('skRm'), field('pkRm')]);
    const context = { info: field('info'), aad: field('aad') };
    const sealed = hpkeSealWithSeed(recipient.publicKey, context, field('pt'), field('ikmE'));
    expect(sealed).toEqual(concatBytes(field('enc'), field('ct')));
    expect(Uint8Array.from(hpkeOpen(recipient, context, sealed))).toEqual(field('pt'));
  });

  test('what one implementation seals, the other opens', async () => {
    const short = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(fc.string(), short, short, short, async (seed, info, aad, plaintext) => {
        const keys = generateHpkeKeyPair(seededRandom(seed));
        const publicKey = await library.kem.deserializePublicKey(exact(keys.publicKey));
        const privateKey = await library.kem.deserializePrivateKey(exact(keys.privateKey));
        const sealed = hpkeSeal(keys.publicKey, { info, aad }, plaintext, seededRandom(`${seed}!`));
        const recipient = { recipientKey: privateKey, enc: exact(sealed.subarray(0, 32)), info: exact(info) };
        const opened = await library.open(recipient, exact(sealed.subarray(32)), exact(aad));
        expect(Uint8Array.from(new Uint8Array(opened))).toEqual(plaintext);
        const theirs = await library.seal(
          { recipientPublicKey: publicKey, info: exact(info) },
          exact(plaintext),
          exact(aad),
        );
        const joined = concatBytes(new Uint8Array(theirs.enc), new Uint8Array(theirs.ct));
        expect(Uint8Array.from(hpkeOpen(keys, { info, aad }, joined))).toEqual(plaintext);
      }),
      { numRuns: 25 },
    );
  });
});

describe('attack §15.26: a sealed reply', () => {
  const reader = generateHpkeKeyPair(seededRandom('reader'));
  const place = {
    suite: 1,
    channel: 'tutela',
    intentId: 'in_1',
    recordId: 'r1',
    version: 1,
    segmentId: 's1',
    epoch: 3,
    index: 2,
  };
  const aad = new Uint8Array(32).fill(7);
  const share = new Uint8Array(96).fill(9);
  const sealed = hpkeSeal(reader.publicKey, { info: releaseInfo(place), aad }, share, seededRandom('seal'));

  test('opens in its place', () => {
    expect(Uint8Array.from(hpkeOpen(reader, { info: releaseInfo(place), aad }, sealed))).toEqual(share);
  });

  test.each([
    { intentId: 'in_2' },
    { recordId: 'r2' },
    { version: 2 },
    { segmentId: 's2' },
    { epoch: 4 },
    { index: 3 },
    { channel: 'c' },
    { suite: 2 },
  ])('does not open as one for %j', (change) => {
    const info = releaseInfo({ ...place, ...change });
    expect(refusalOf(() => hpkeOpen(reader, { info, aad }, sealed))).toBe('HPKE_OPEN');
  });

  test('does not open for another session key or label, cut short or changed', () => {
    const context = { info: releaseInfo(place), aad };
    const other = generateHpkeKeyPair(seededRandom('other'));
    expect(refusalOf(() => hpkeOpen(other, context, sealed))).toBe('HPKE_OPEN');
    expect(refusalOf(() => hpkeOpen(reader, { ...context, aad: share }, sealed))).toBe('HPKE_OPEN');
    expect(refusalOf(() => hpkeOpen(reader, context, sealed.subarray(0, 47)))).toBe('HPKE_OPEN');
    expect(refusalOf(() => hpkeOpen(reader, context, new Uint8Array(144)))).toBe('HPKE_OPEN');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      // X25519 ignores the top bit of a u-coordinate, but the key schedule hashes it.
      expect(refusalOf(() => hpkeOpen(reader, context, flipBit(sealed, bit)))).toBe('HPKE_OPEN');
    }
  });
});

test('keys of small order and of wrong length are refused', () => {
  const context = { info: new Uint8Array(0), aad: new Uint8Array(0) };
  const random = seededRandom('x');
  expect(refusalOf(() => hpkeSeal(new Uint8Array(32), context, new Uint8Array(1), random))).toBe('HPKE_KEY');
  expect(refusalOf(() => hpkeSeal(new Uint8Array(31), context, new Uint8Array(1), random))).toBe('LENGTH');
  expect(refusalOf(() => importHpkePrivateKey(new Uint8Array(33)))).toBe('LENGTH');
  expect(refusalOf(() => deriveHpkeKeyPair(new Uint8Array(16)))).toBe('LENGTH');
});
