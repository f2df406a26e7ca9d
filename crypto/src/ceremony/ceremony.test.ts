// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { decodeBase64url, encodeBase64url } from '../base64url.js';
import { sodiumGroup } from '../kernel/sodium-group.js';
import { refusalOf } from '../testing/collect.js';
import {
  dealAll,
  finishAll,
  foundConsortium,
  prepareCeremony,
  previousEpoch,
  redealAll,
  testCapsules,
} from '../testing/consortium.js';
import { seededRandom } from '../testing/seeded-random.js';
import { decodeCustodyKey, encodeCustodyKey } from './custody-key.js';
import { dealNewKey, dealOldShare } from './deal.js';
import { verifyDealing } from './dealing.js';
import { ceremonyOutcome } from './outcome.js';
import { parseCeremonyTerms, parseComplaint, parseDealerSecret, parseDealing, parseReveal } from './parse.js';
import { type CustodyKey, openSubShare } from './receive.js';
import { demandTerms } from './terms.js';

const random = seededRandom('ceremony');
const { capsuleFor, key, opens } = testCapsules(random);

describe('key generation', () => {
  test('ends with one key and one transcript for all, in whatever order dealings arrive', () => {
    const ceremony = prepareCeremony(random, { members: 3, threshold: 2 });
    const dealings = dealAll(ceremony, random).map(({ dealing }) => dealing);
    const keys = finishAll(ceremony, dealings);
    expect(new Set(keys.map(({ transcriptHash }) => transcriptHash)).size).toBe(1);
    expect(ceremonyOutcome(ceremony.terms, [...dealings].reverse())).toEqual(
      ceremonyOutcome(ceremony.terms, dealings),
    );
    keys.forEach(({ index, secret, verificationKeys }) => {
      expect(encodeBase64url(sodiumGroup.multiplyBase(secret))).toBe(verificationKeys[index - 1]);
    });
    const capsule = capsuleFor(keys[0] as CustodyKey);
    expect(
      [
        [1, 2],
        [1, 3],
        [2, 3],
      ].map((pair) => opens(keys, capsule, pair)),
    ).toEqual([true, true, true]);
  });

  test('survives storage: dealings, secrets and outcomes are plain JSON', () => {
    const { terms } = prepareCeremony(random, { members: 3, threshold: 2 });
    const dealt = dealNewKey(terms, 1, random);
    expect(JSON.parse(JSON.stringify(dealt))).toEqual(dealt);
    verifyDealing(
      parseCeremonyTerms(JSON.parse(JSON.stringify(terms))),
      parseDealing(JSON.parse(JSON.stringify(dealt.dealing))),
    );
  });
});

describe('redistribution', () => {
  test('keeps the public key from 3 of 5 to 4 of 7, and capsules made before open after', () => {
    const old = foundConsortium(random, 5, 3);
    const capsule = capsuleFor(old[0] as CustodyKey);
    const next = prepareCeremony(
      random,
      { members: 7, threshold: 4 },
      previousEpoch(old[0] as CustodyKey, [1, 3, 5]),
    );
    const keys = finishAll(
      next,
      redealAll(next, old, random).map(({ dealing }) => dealing),
    );
    expect([keys[0]?.publicKey, keys[0]?.epoch]).toEqual([old[0]?.publicKey, 2]);
    expect(opens(keys, capsule, [2, 4, 6, 7])).toBe(true);
    expect(opens(keys, capsule, [2, 4, 6])).toBe(false);
  });

  test('keeps the secret for any sizes, twice in a row', () => {
    const size = fc
      .integer({ min: 1, max: 5 })
      .chain((members) =>
        fc.record({ members: fc.constant(members), threshold: fc.integer({ min: 1, max: members }) }),
      );
    fc.assert(
      fc.property(size, size, fc.string(), (first, second, seed) => {
        const rng = seededRandom(`re${seed}`);
        const old = foundConsortium(rng, first.members, first.threshold);
        const capsule = capsuleFor(old[0] as CustodyKey);
        const dealers = old.slice(-first.threshold).map(({ index }) => index);
        const next = prepareCeremony(rng, second, previousEpoch(old[0] as CustodyKey, dealers));
        const keys = finishAll(
          next,
          redealAll(next, old, rng).map(({ dealing }) => dealing),
        );
        expect(
          opens(
            keys,
            capsule,
            keys.slice(-second.threshold).map(({ index }) => index),
          ),
        ).toBe(true);
      }),
      { numRuns: 8 },
    );
  });
});

describe('stored key material', () => {
  const [key1, key2] = foundConsortium(random, 3, 2) as [CustodyKey, CustodyKey, CustodyKey];

  test('comes back as it was', () => {
    expect(decodeCustodyKey(encodeCustodyKey(key1))).toEqual(key1);
  });

  test('is refused when it is damaged, of another version, or not of its index', () => {
    const stored = JSON.parse(Buffer.from(encodeCustodyKey(key1)).toString()) as Record<string, unknown>;
    const bytes = (change: object): Uint8Array => Buffer.from(JSON.stringify({ ...stored, ...change }));
    expect(refusalOf(() => decodeCustodyKey(bytes({ v: 2 })))).toBe('VERSION');
    expect(refusalOf(() => decodeCustodyKey(bytes({ index: 2 })))).toBe('SUB_SHARE');
    expect(refusalOf(() => decodeCustodyKey(bytes({ index: 9 })))).toBe('SUB_SHARE');
    expect(refusalOf(() => decodeCustodyKey(bytes({ secret: encodeBase64url(key2.secret) })))).toBe(
      'SUB_SHARE',
    );
    expect(refusalOf(() => decodeCustodyKey(bytes({ more: 1 })))).toBe('ENCODING');
    expect(refusalOf(() => decodeCustodyKey(Buffer.from('{')))).toBe('ENCODING');
  });
});

describe('what arrives as JSON', () => {
  const { terms } = prepareCeremony(random, { members: 3, threshold: 2 });
  const { dealing } = dealNewKey(terms, 1, random);
  const complaint = { v: 1, suite: 1, ceremonyId: 'c', dealer: 1, complainer: 2, reason: 'does-not-open' };
  const reveal = { ceremonyId: 'c', dealer: 1, recipient: 2, subShare: 'AA', sealSeed: 'AA' };
  const readers: readonly [string, (value: unknown) => unknown, object][] = [
    ['terms', parseCeremonyTerms, terms],
    ['a dealing', parseDealing, dealing],
    ['a complaint', parseComplaint, complaint],
    ['an answer', parseReveal, reveal],
    ["a dealer's secret", parseDealerSecret, dealNewKey(terms, 1, random).secret],
  ];

  test.each(readers)('is read strictly: %s', (_, read, good) => {
    expect(read(good)).toEqual(good);
    const names = Object.keys(good);
    const bad = [
      null,
      [],
      'x',
      {},
      { ...good, extra: 1 },
      ...names.map((name) => ({ ...good, [name]: undefined })),
    ];
    const wrong = names.map((name) => ({ ...good, [name]: name === 'previous' ? 3 : { a: 1 } }));
    for (const value of [...bad, ...wrong]) expect(refusalOf(() => read(value))).toBe('ENCODING');
  });

  test('is bounded', () => {
    expect(refusalOf(() => parseDealing({ ...dealing, commitments: Array(65).fill('AA') }))).toBe('ENCODING');
    expect(refusalOf(() => parseDealing({ ...dealing, proof: 'A'.repeat(129) }))).toBe('ENCODING');
    expect(refusalOf(() => parseDealing({ ...dealing, dealer: 2 ** 32 }))).toBe('ENCODING');
    expect(refusalOf(() => parseCeremonyTerms({ ...terms, threshold: 9 }))).toBe('CEREMONY_TERMS');
    const redistribution = prepareCeremony(
      random,
      { members: 2, threshold: 2 },
      previousEpoch(foundConsortium(random, 2, 2)[0] as CustodyKey, [1, 2]),
    );
    expect(parseCeremonyTerms(redistribution.terms)).toEqual(redistribution.terms);
  });
});

describe('terms', () => {
  const { terms } = prepareCeremony(random, { members: 3, threshold: 2 });
  const [member] = terms.members;
  const previous = previousEpoch(foundConsortium(random, 3, 2)[0] as CustodyKey, [1, 2]);
  const small = { id: 'X', encryptionKey: encodeBase64url(new Uint8Array(32)) };
  const otherName = decodeBase64url(member?.encryptionKey ?? '', 32);
  // X25519 passes the highest bit over (RFC 7748, section 5), so this is the first member's key once more.
  otherName[31] = (otherName[31] ?? 0) | 0x80;
  const same = { id: 'X', encryptionKey: encodeBase64url(otherName) };
  const refused: readonly [string, object][] = [
    ['no name', { ceremonyId: '' }],
    ['epoch zero', { epoch: 0 }],
    ['a threshold of zero', { threshold: 0 }],
    ['a threshold above the members', { threshold: 4 }],
    ['no members', { members: [] }],
    ['a member twice', { members: [member, member, ...terms.members.slice(1)] }],
    ['one key for two', { members: [member, { ...member, id: 'other' }] }],
    ['one key for two, written in two ways', { members: [...terms.members, same] }],
    ['a key of small order', { members: [...terms.members.slice(1), small] }],
    ['an epoch that does not follow', { previous, epoch: 3 }],
    ['too few dealers', { previous: { ...previous, dealers: [1] }, epoch: 2 }],
    ['a dealer twice', { previous: { ...previous, dealers: [1, 1] }, epoch: 2 }],
    ['a dealer that was no member', { previous: { ...previous, dealers: [1, 4] }, epoch: 2 }],
  ];

  test.each(refused)('with %s are refused', (_, change) => {
    expect(
      refusalOf(() => {
        demandTerms({ ...terms, ...change });
      }),
    ).toBe('CEREMONY_TERMS');
  });

  test('of an unknown version or suite are refused', () => {
    expect(
      refusalOf(() => {
        demandTerms({ ...terms, v: 2 });
      }),
    ).toBe('VERSION');
    expect(
      refusalOf(() => {
        demandTerms({ ...terms, suite: 2 });
      }),
    ).toBe('SUITE');
  });

  test('bind the recipient: a member does not open with a key that is not its own', () => {
    const ceremony = prepareCeremony(random, { members: 3, threshold: 2 });
    const { dealing } = dealNewKey(ceremony.terms, 1, random);
    const foreign = ceremony.keys[2]?.privateKey ?? new Uint8Array(32);
    expect(refusalOf(() => openSubShare(ceremony.terms, dealing, { index: 2, privateKey: foreign }))).toBe(
      'CEREMONY_TERMS',
    );
    expect(refusalOf(() => dealOldShare(ceremony.terms, 1, key, random))).toBe('CEREMONY_TERMS');
  });
});
