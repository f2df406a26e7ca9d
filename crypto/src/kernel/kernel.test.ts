// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

import { ed25519, ED25519_TORSION_SUBGROUP, ristretto255, ristretto255_oprf } from '@noble/curves/ed25519.js';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { decodeBase64url } from '../base64url.js';
import { concatBytes, equalBytes } from '../bytes.js';
import * as custody from '../custody.js';
import { refusalOf } from '../testing/collect.js';
import { capsuleOf, foundConsortium } from '../testing/consortium.js';
import { seededRandom } from '../testing/seeded-random.js';
import * as verification from '../verify.js';
import { checkDleq, proveDleq, proveDleqWithNonce } from './dleq.js';
import { GENERATOR, type Group } from './group.js';
import { GENERATOR_BAR, hashToScalar } from './hashing.js';
import { nobleGroup } from './noble-group.js';
import { demandReduced, indexScalar, integerScalar, lagrangeAtZero, lagrangeFractions } from './scalar.js';
import { sodiumGroup } from './sodium-group.js';
import { combineSharesOn, makeShareOn, sealCapsuleOn, verifyCapsuleOn } from './tdh2.js';

interface Rfc9497 {
  readonly contextString: string;
  readonly skSm: string;
  readonly pkSm: string;
  readonly proofRandomScalar: string;
  readonly vectors: readonly { blindedElement: string; evaluationElement: string; proof: string }[];
}

const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const groups: readonly [string, Group][] = [
  ['noble', nobleGroup],
  ['libsodium', sodiumGroup],
];
const seeds = fc.string({ minLength: 1, maxLength: 20 });
const scalarOf = (seed: string): Uint8Array => nobleGroup.reduceScalar(seededRandom(seed)(64));
const elementOf = (seed: string): Uint8Array => nobleGroup.multiplyBase(scalarOf(seed));
const ORDER = unhex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');

function both<T>(act: (group: Group) => T): T {
  const [first, second] = [act(nobleGroup), act(sodiumGroup)];
  expect(second).toEqual(first);
  return first;
}

test('the second generator is the one of the specification', () => {
  expect(hex(GENERATOR_BAR)).toBe('f630ff773a9384bae01e182cb50c2c3f508f9eab77440c980ca6f3b82ce1ce12');
  expect(GENERATOR).toEqual(ristretto255.Point.BASE.toBytes());
});

describe.each(groups)('RFC 9497 proofs on %s', (_, group) => {
  const path = new URL('../../vectors/rfc9497-voprf.json', import.meta.url);
  const rfc = JSON.parse(readFileSync(path, 'utf8')) as Rfc9497;

  test.each(rfc.vectors)(
    'come out byte for byte and verify',
    ({ blindedElement, evaluationElement, proof }) => {
      const statement = { B: unhex(rfc.pkSm), C: unhex(blindedElement), D: unhex(evaluationElement) };
      const context = unhex(rfc.contextString);
      expect(hex(group.multiply(unhex(rfc.skSm), statement.C))).toBe(evaluationElement);
      const made = proveDleqWithNonce(
        group,
        unhex(rfc.skSm),
        statement,
        context,
        unhex(rfc.proofRandomScalar),
      );
      expect(hex(made)).toBe(proof);
      expect(checkDleq(group, made, statement, context)).toBe(true);
    },
  );
});

test("this package verifies proofs of the library's verifiable OPRF", () => {
  const { secretKey, publicKey } = ristretto255_oprf.voprf.deriveKeyPair(
    new Uint8Array(32).fill(1),
    Buffer.from('k'),
  );
  const { blinded } = ristretto255_oprf.voprf.blind(Buffer.from('input'));
  const { evaluated, proof } = ristretto255_oprf.voprf.blindEvaluate(secretKey, publicKey, blinded);
  const statement = { B: publicKey, C: blinded, D: evaluated };
  expect(
    both((group) => checkDleq(group, proof, statement, Buffer.from('OPRFV1-\x01-ristretto255-SHA512'))),
  ).toBe(true);
});

describe('the two back ends', () => {
  test('agree on all arithmetic', () => {
    fc.assert(
      fc.property(seeds, seeds, fc.uint8Array({ minLength: 64, maxLength: 64 }), (first, second, wide) => {
        const [x, y, P, Q] = [
          scalarOf(first),
          scalarOf(second),
          elementOf(`p${first}`),
          elementOf(`q${second}`),
        ];
        both((group) => group.multiplyBase(x));
        both((group) => group.multiply(x, P));
        both((group) => group.linear(x, P, y, Q));
        both((group) => group.linear(x, GENERATOR, y, Q));
        both((group) => group.sum([P, Q, P]));
        for (const factor of [1n, 2n, 7n, 8n, -3n, -1_000_003n]) {
          const terms = [
            { factor, element: P },
            { factor: 5n, element: Q },
          ];
          expect(both((group) => group.combination(terms))).toEqual(
            sodiumGroup.linear(integerScalar(factor), P, integerScalar(5n), Q),
          );
        }
        both((group) =>
          [group.addScalars(x, y), group.subtractScalars(x, y), group.multiplyScalars(x, y)].map(hex),
        );
        both((group) => group.reduceScalar(wide));
        both((group) => hashToScalar(group, wide, P));
      }),
      { numRuns: 40 },
    );
  });

  test('make the same capsules, shares, proofs and keys from the same randomness', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const secret = scalarOf(seed);
        const context = { publicKey: nobleGroup.multiplyBase(secret), label: seededRandom(`l${seed}`)(32) };
        const key = seededRandom(`k${seed}`)(32);
        const capsule = both((group) => sealCapsuleOn(group, context, key, seededRandom(seed)));
        both((group) => verifyCapsuleOn(group, context, capsule));
        const place = { epoch: 4, index: 1, secret };
        const share = both((group) => makeShareOn(group, context, capsule, place, seededRandom(`r${seed}`)));
        const opened = both((group) => combineSharesOn(group, context, capsule, [share], 1));
        expect(equalBytes(opened, key)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  test('cancel to the identity alike, and refuse it alike', () => {
    const [x, P] = [scalarOf('cancel'), elementOf('cancel')];
    const minus = both((group) => group.subtractScalars(new Uint8Array(32), x));
    expect(hex(both((group) => group.linear(x, P, minus, P)))).toBe('00'.repeat(32));
    const opposite = both((group) => group.multiply(minus, P));
    expect(both((group) => refusalOf(() => group.sum([group.multiply(x, P), opposite])))).toBe('ELEMENT');
    const cancelling = [2n, -2n].map((factor) => ({ factor, element: P }));
    expect(both((group) => refusalOf(() => group.combination(cancelling)))).toBe('ELEMENT');
    const nothing = [{ factor: 0n, element: P }];
    expect(both((group) => refusalOf(() => group.combination(nothing)))).toBe('SCALAR');
  });
});

describe('attack §15.4: malformed input at every entry', () => {
  const torsion = ED25519_TORSION_SUBGROUP.map(unhex);
  const negative = unhex('0100000000000000000000000000000000000000000000000000000000000000');
  const unreduced = unhex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
  const oddPoint = ed25519.Point.BASE.multiply(3n).toBytes();
  const badElements = [
    new Uint8Array(32),
    negative,
    unreduced,
    new Uint8Array(32).fill(0xff),
    ...torsion,
    oddPoint,
  ].filter((bytes) => !isRistretto(bytes));

  test.each(badElements.map((bytes) => [hex(bytes)]))('element %s is refused', (text) => {
    expect(both((group) => refusalOf(() => group.demandElement(unhex(text))))).toBe('ELEMENT');
    expect(both((group) => refusalOf(() => group.multiply(scalarOf('a'), unhex(text))))).toBe('ELEMENT');
  });

  test.each([['00'.repeat(32)], [hex(ORDER)], ['ff'.repeat(32)], [`${'00'.repeat(31)}80`]])(
    'scalar %s is refused',
    (text) => {
      expect(both((group) => refusalOf(() => group.multiplyBase(unhex(text))))).toBe('SCALAR');
      expect(
        both((group) => refusalOf(() => group.linear(unhex(text), GENERATOR, scalarOf('b'), GENERATOR))),
      ).toBe('SCALAR');
    },
  );

  test('the greatest scalar is accepted and the order is not', () => {
    const greatest = ORDER.map((byte, i) => (i === 0 ? byte - 1 : byte));
    expect(demandReduced(greatest)).toEqual(greatest);
    expect(refusalOf(() => demandReduced(ORDER))).toBe('SCALAR');
  });

  test('wrong lengths are refused', () => {
    for (const length of [0, 31, 33, 64]) {
      const bytes = new Uint8Array(length).fill(1);
      expect(both((group) => refusalOf(() => group.multiplyBase(bytes)))).toBe('LENGTH');
      expect(both((group) => refusalOf(() => group.demandElement(bytes)))).toBe('LENGTH');
    }
  });

  test('in a capsule, a share, a proof and a key', () => {
    const context = { publicKey: elementOf('pk'), label: new Uint8Array(32) };
    const capsule = custody.sealCapsule(context, new Uint8Array(32), seededRandom('c'));
    const put = (position: number, bytes: Uint8Array): Uint8Array => {
      const changed = capsule.slice();
      changed.set(bytes, 2 + 32 * position);
      return changed;
    };
    const refusals = [
      [put(0, new Uint8Array(32)), 'ELEMENT'],
      [put(1, unreduced), 'ELEMENT'],
      [put(2, ORDER), 'SCALAR'],
      [put(3, new Uint8Array(32)), 'SCALAR'],
      [capsule.slice(0, 161), 'LENGTH'],
      [concatBytes(capsule, Uint8Array.of(0)), 'LENGTH'],
      [Uint8Array.from(capsule, (byte, i) => (i === 0 ? 2 : byte)), 'VERSION'],
      [Uint8Array.from(capsule, (byte, i) => (i === 1 ? 2 : byte)), 'SUITE'],
    ] as const;
    for (const [bytes, code] of refusals) {
      for (const kernel of [custody, verification]) {
        expect(refusalOf(() => kernel.decodeCapsule(bytes))).toBe(code);
        expect(refusalOf(() => kernel.verifyCapsule(context, bytes))).toBe(code);
      }
      expect(
        refusalOf(() => custody.makeShare(context, bytes, { epoch: 1, index: 1, secret: scalarOf('x') })),
      ).toBe(code);
    }
    const { u } = custody.decodeCapsule(capsule);
    const statement = { B: context.publicKey, C: u, D: u };
    expect(both((group) => refusalOf(() => checkDleq(group, new Uint8Array(63), statement, u)))).toBe(
      'LENGTH',
    );
    expect(both((group) => refusalOf(() => checkDleq(group, new Uint8Array(64), statement, u)))).toBe(
      'SCALAR',
    );
    const proof = proveDleq(sodiumGroup, scalarOf('x'), statement, u, seededRandom('p'));
    expect(
      both((group) => refusalOf(() => checkDleq(group, proof, { ...statement, D: new Uint8Array(32) }, u))),
    ).toBe('ELEMENT');
    expect(
      refusalOf(() => custody.verifyCapsule({ ...context, publicKey: new Uint8Array(32) }, capsule)),
    ).toBe('ELEMENT');
    expect(refusalOf(() => verification.decodeShare(new Uint8Array(95), { epoch: 1, index: 1 }))).toBe(
      'LENGTH',
    );
  });
});

test('Lagrange coefficients of neighbours are small integers', () => {
  expect(lagrangeFractions([1, 2])).toEqual({ numerators: [2n, -1n], denominator: 1n });
  expect(lagrangeFractions([2, 3, 4])).toEqual({ numerators: [6n, -8n, 3n], denominator: 1n });
  expect(lagrangeFractions([1, 3])).toEqual({ numerators: [3n, -1n], denominator: 2n });
});

test('any t shares open a capsule, near or far from each other, on both back ends', () => {
  const custodians = foundConsortium(seededRandom('far'), 9, 3);
  const [first] = custodians;
  if (first === undefined) throw new Error('a set has custodians');
  const [label, key] = [seededRandom('label')(32), seededRandom('key')(32)];
  const context = { publicKey: decodeBase64url(first.publicKey), label };
  const capsule = capsuleOf(first, { label, key }, seededRandom('capsule'));
  const shares = custodians.map((each) =>
    makeShareOn(sodiumGroup, context, capsule, each, seededRandom('s')),
  );
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 8 }), { minLength: 3, maxLength: 3 }),
      (positions) => {
        const some = positions.flatMap((position) => shares.slice(position, position + 1));
        expect(both((group) => combineSharesOn(group, context, capsule, some, 3))).toEqual(key);
      },
    ),
    { numRuns: 30 },
  );
});

test('Lagrange coefficients rebuild a secret from any t points', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 3, maxLength: 3 }),
      seeds,
      (indices, seed) => {
        const coefficients = ['0', '1', '2'].map((k) => scalarOf(seed + k));
        const at = (i: number): Uint8Array =>
          coefficients.reduceRight(
            (sum, c) => sodiumGroup.addScalars(sodiumGroup.multiplyScalars(sum, indexScalar(i)), c),
            new Uint8Array(32),
          );
        const sum = indices.reduce<Uint8Array>(
          (total, i) =>
            sodiumGroup.addScalars(total, sodiumGroup.multiplyScalars(lagrangeAtZero(i, indices), at(i))),
          new Uint8Array(32),
        );
        expect(sum).toEqual(coefficients[0]);
      },
    ),
    { numRuns: 30 },
  );
  expect(refusalOf(() => lagrangeAtZero(1, [1, 1]))).toBe('SHARE_SET');
  expect(refusalOf(() => lagrangeAtZero(3, [1, 2]))).toBe('SHARE_SET');
});

function isRistretto(bytes: Uint8Array): boolean {
  try {
    return !ristretto255.Point.fromBytes(bytes).is0();
  } catch (error) {
    return !(error instanceof Error);
  }
}
