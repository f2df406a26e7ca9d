// SPDX-License-Identifier: Apache-2.0
import { createSign, generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

import { p256 } from '@noble/curves/nist.js';
import { describe, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';

import { openAtRest, sealAtRest } from './at-rest.js';
import { decodeBase64url, encodeBase64url } from './base64url.js';
import { equalBytes, i2osp, lp, utf8, xorBytes } from './bytes.js';
import { canonicalJson, type CanonicalValue, prefixedJson } from './canonical.js';
import { isP256PublicKey, normalizeP256PublicKey, verifyP256 } from './p256.js';
import { certifiedKey, verifyP256 as verifyByRuntime } from './signatures.js';
import { refusalOf } from './testing/collect.js';
import { seededRandom } from './testing/seeded-random.js';
import { flipBit } from './testing/unproven-kernel.js';

describe('the key in a certificate', () => {
  const keys = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);
  const [first, second] = keys.map((key) => key.export({ type: 'spki', format: 'der' }));
  const pointOf = (spki: Uint8Array | undefined) => encodeBase64url((spki ?? new Uint8Array()).subarray(-65));

  test('the key of a certificate is the first of two P-256 keys that it holds', () => {
    const certificate = Buffer.concat([first, second].flatMap((key) => key ?? []));
    expect(certifiedKey(certificate.toString('base64url'))).toBe(pointOf(first));
  });

  test('a text that is no certificate has no key of a certificate', () => {
    for (const text of ['', 'AAAA', 'A', '?', pointOf(first)]) expect(certifiedKey(text)).toBeUndefined();
  });
});

describe('base64url', () => {
  test('agrees with the runtime both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = encodeBase64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect(decodeBase64url(text, bytes.length)).toEqual(bytes);
      }),
    );
  });

  test.each(['A', 'AA==', 'AB', 'AAB', 'A A', 'AA+A', 'AA/A', 'ÄAAA', 'AAAAA'])('refuses %j', (text) => {
    expect(refusalOf(() => decodeBase64url(text))).toBe('ENCODING');
  });

  test('refuses a wrong length and a text above the limit', () => {
    expect(refusalOf(() => decodeBase64url('AAAA', 2))).toBe('LENGTH');
    expect(refusalOf(() => decodeBase64url('A'.repeat(1_398_104)))).toBe('ENCODING');
    expect(refusalOf(() => decodeBase64url(3 as unknown as string))).toBe('ENCODING');
  });
});

describe('canonical JSON', () => {
  const scalar = fc.oneof(
    fc.maxSafeInteger().filter((n) => !Object.is(n, -0)),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: 'grapheme' }),
  );
  const { tree } = fc.letrec<{ tree: CanonicalValue }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      scalar,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie('tree'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));

  test('agrees with another implementation of RFC 8785', () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
    );
  });

  test('refuses fractions, unsafe integers, undefined and lone surrogates', () => {
    for (const value of [0.5, 2 ** 53, Number.NaN, -0, undefined, [undefined], '\ud800']) {
      expect(refusalOf(() => canonicalJson(value as CanonicalValue))).toBe('PARAMETER');
    }
  });

  test('is preceded by its prefix and a zero byte', () => {
    expect(Buffer.from(prefixedJson('P', { b: 1, a: [] })).toString()).toBe('P\0{"a":[],"b":1}');
  });
});

test('integers and lengths are big-endian and bounded', () => {
  expect(i2osp(0x0102, 4)).toEqual(Uint8Array.of(0, 0, 1, 2));
  expect(lp(Uint8Array.of(7))).toEqual(Uint8Array.of(0, 1, 7));
  for (const value of [256, -1, 0.5]) expect(refusalOf(() => i2osp(value, 1))).toBe('PARAMETER');
  expect(refusalOf(() => lp(new Uint8Array(65_536)))).toBe('PARAMETER');
  expect(refusalOf(() => xorBytes(new Uint8Array(1), new Uint8Array(2)))).toBe('LENGTH');
  expect(equalBytes(new Uint8Array(1), new Uint8Array(2))).toBe(false);
});

/** The same bytes cut, or followed by zeros. */
function resized(bytes: Uint8Array, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => bytes[i] ?? 0);
}

describe('P-256 signatures', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' });
  const raw = Uint8Array.from([
    4,
    ...Buffer.from(x ?? '', 'base64url'),
    ...Buffer.from(y ?? '', 'base64url'),
  ]);
  const compressed = p256.Point.fromBytes(raw).toBytes(true);
  const message = utf8('I consent');
  const sign = (): Uint8Array =>
    Uint8Array.from(
      createSign('sha256').update(message).sign({ key: privateKey, dsaEncoding: 'ieee-p1363' }),
    );

  test('of the runtime verify, with low and with high s', () => {
    for (let i = 0; i < 20; i += 1) {
      const signature = sign();
      expect(verifyP256(raw, message, signature)).toBe(true);
      expect(verifyP256(compressed, message, signature)).toBe(true);
      const s = p256.Point.Fn.neg(BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`));
      const twin = Uint8Array.from([...signature.subarray(0, 32), ...p256.Point.Fn.toBytes(s)]);
      expect(verifyP256(raw, message, twin)).toBe(true);
    }
  });

  test('of another message, key or shape do not', () => {
    const signature = sign();
    expect(verifyP256(raw, utf8('I dissent'), signature)).toBe(false);
    const other = p256.getPublicKey(p256.utils.randomSecretKey(), false);
    expect(verifyP256(other, message, signature)).toBe(false);
    for (const bad of [
      signature.subarray(0, 63),
      Uint8Array.from([...signature, 0]),
      new Uint8Array(64),
      new Uint8Array(64).fill(0xff),
    ]) {
      expect(verifyP256(raw, message, bad)).toBe(false);
    }
    expect(
      verifyP256(raw, message, Uint8Array.from([...signature.subarray(0, 32), ...new Uint8Array(32)])),
    ).toBe(false);
    fc.assert(
      fc.property(fc.nat({ max: 511 }), (bit) => {
        expect(verifyP256(raw, message, flipBit(signature, bit))).toBe(false);
      }),
      { numRuns: 20 },
    );
  });

  test('hold or fail alike by the runtime and by noble, whatever bits are flipped', () => {
    const bit = fc.option(fc.nat({ max: 511 }), { nil: undefined });
    fc.assert(
      fc.property(bit, bit, fc.boolean(), (inSignature, inKey, isCompressed) => {
        const known = isCompressed ? compressed : raw;
        const key = inKey === undefined ? known : flipBit(known, inKey % (known.length * 8));
        const signature = inSignature === undefined ? sign() : flipBit(sign(), inSignature);
        expect(verifyByRuntime(key, message, signature)).toBe(verifyP256(key, message, signature));
      }),
      { numRuns: 100 },
    );
    const hybrid = Uint8Array.from([6 + ((raw[64] ?? 0) & 1), ...raw.subarray(1)]);
    const odd = [raw, compressed].flatMap((key) =>
      [66, 165, 33, 34, 64].map((length) => resized(key, length)),
    );
    for (const key of [raw, compressed, hybrid, new Uint8Array(65), new Uint8Array(0), ...odd])
      expect(verifyByRuntime(key, message, sign())).toBe(verifyP256(key, message, sign()));
    for (const bad of [sign().subarray(1), new Uint8Array(64), new Uint8Array(64).fill(0xff)])
      expect(verifyByRuntime(raw, message, bad)).toBe(verifyP256(raw, message, bad));
  });

  test('are not looked at under something that is no key', () => {
    const signature = sign();
    const offCurve = flipBit(raw, 300);
    for (const bad of [new Uint8Array(65), new Uint8Array(0), raw.subarray(1), offCurve, Uint8Array.of(0)]) {
      expect(isP256PublicKey(bad)).toBe(false);
      expect(verifyP256(bad, message, signature)).toBe(false);
    }
    expect(refusalOf(() => normalizeP256PublicKey(offCurve))).toBe('ELEMENT');
    expect(normalizeP256PublicKey(compressed)).toEqual(raw);
  });
});

describe('bytes at rest', () => {
  const plaintext = utf8('a share');
  const aad = utf8('custody/epoch-1');

  test('open with the passphrase and in their place alone', () => {
    const sealed = sealAtRest({ passphrase: 'correct horse' }, plaintext, aad);
    expect(openAtRest({ passphrase: 'correct horse' }, sealed, aad)).toEqual(Buffer.from(plaintext));
    expect(refusalOf(() => openAtRest({ passphrase: 'wrong horse' }, sealed, aad))).toBe('AT_REST');
    expect(
      refusalOf(() => openAtRest({ passphrase: 'correct horse' }, sealed, utf8('custody/epoch-2'))),
    ).toBe('AT_REST');
    expect(refusalOf(() => openAtRest({ key: new Uint8Array(32) }, sealed, aad))).toBe('AT_REST');
  });

  test('with any bit flipped, cut or of another format do not open', () => {
    const secret = { key: seededRandom('key')(32) };
    const sealed = sealAtRest(secret, plaintext, aad);
    expect(openAtRest(secret, sealed, aad)).toEqual(Buffer.from(plaintext));
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      expect(refusalOf(() => openAtRest(secret, flipBit(sealed, bit), aad))).toMatch(
        /^(AT_REST|VERSION|SUITE)$/,
      );
    }
    expect(refusalOf(() => openAtRest(secret, sealed.subarray(0, 20), aad))).toBe('AT_REST');
    expect(refusalOf(() => sealAtRest({ key: new Uint8Array(16) }, plaintext, aad))).toBe('LENGTH');
    expect(refusalOf(() => sealAtRest({ passphrase: '' }, plaintext, aad))).toBe('LENGTH');
  });
});

describe('the borders of the package', () => {
  const root = new URL('.', import.meta.url);
  const importsOf = (file: string): string[] =>
    [...readFileSync(new URL(file, root), 'utf8').matchAll(/from '([^']+)'/g)].map(([, name]) => name ?? '');

  function reach(file: string, seen = new Map<string, string[]>()): Map<string, string[]> {
    if (seen.has(file)) return seen;
    const found = importsOf(file);
    seen.set(file, found);
    for (const name of found.filter((one) => one.startsWith('.'))) {
      const next = new URL(name.replace(/\.js$/, '.ts'), new URL(file, root)).pathname.slice(
        root.pathname.length,
      );
      reach(next, seen);
    }
    return seen;
  }

  test('verification reaches nothing but noble', () => {
    const outside = [...reach('verify.ts').values()].flat().filter((name) => !name.startsWith('.'));
    expect(outside.filter((name) => !name.startsWith('@noble/'))).toEqual([]);
    expect(outside.length).toBeGreaterThan(0);
  });

  test('of the cryptography one file imports Node, and beside it the file that reads secrets from files', () => {
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
    );
    expect(files.filter((file) => importsOf(file).some((name) => name.startsWith('node:')))).toEqual([
      'node.ts',
      'secrets.ts',
    ]);
  });
});
