// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { decodeBase64url, encodeBase64url } from '../base64url.js';
import { concatBytes, equalBytes, i2osp, utf8 } from '../bytes.js';
import type { CustodyKey } from '../ceremony/receive.js';
import {
  combineShares,
  decodeCapsule,
  makeShare,
  sealCapsule,
  verifyCapsule,
  verifyShare,
} from '../custody.js';
import { type CapsuleBinding, capsuleLabel } from '../testing/labels.js';
import { findFalseShares, recoverKey } from '../recover.js';
import { commitToKey } from '../stream/stream-key.js';
import { refusalOf } from '../testing/collect.js';
import {
  dealAll,
  finishAll,
  foundConsortium,
  prepareCeremony,
  previousEpoch,
  redealAll,
} from '../testing/consortium.js';
import { seededRandom } from '../testing/seeded-random.js';
import { flipBit, multiplyWithoutProof, shiftCapsule } from '../testing/unproven-kernel.js';
import * as verification from '../verify.js';
import { encodeCapsule } from './capsule.js';
import { checkDleq, proveDleq } from './dleq.js';
import { GENERATOR_BAR } from './hashing.js';
import { sodiumGroup } from './sodium-group.js';
import type { CapsuleShare } from './tdh2.js';

const random = seededRandom('attacks');
const custodians = foundConsortium(random, 5, 3);
const [one, two, three, four, five] = custodians as [
  CustodyKey,
  CustodyKey,
  CustodyKey,
  CustodyKey,
  CustodyKey,
];
const publicKey = decodeBase64url(one.publicKey);
const verificationKeys = one.verificationKeys.map((text) => decodeBase64url(text));
const binding: CapsuleBinding = {
  suite: 1,
  channel: 'tutela',
  kid: encodeBase64url(verification.keyId(publicKey)),
  recordId: 'rec-1',
  version: 1,
  segmentId: 'seg-1',
  ownerHandle: 'handle-1',
  author: 'AlderMSP',
  class: 'standard',
  category: 'medication',
  policyHash: 'policy-1',
  contentRoot: 'root-1',
  salt: 'salt-1',
};
const label = capsuleLabel(binding);
const context = { publicKey, label };
const key = random(32);
const salt = random(32);
const com = commitToKey(key, salt);
const capsule = sealCapsule(context, key, random);
const { u } = decodeCapsule(capsule);
const accepts = (candidate: Uint8Array): boolean => equalBytes(commitToKey(candidate, salt), com);
const share = (custodian: CustodyKey): CapsuleShare => makeShare(context, capsule, custodian, random);
const shares = custodians.map(share);
const recovery = { context, capsule, epoch: 1, threshold: 3, verificationKeys, accepts };

describe('the capsule', () => {
  test('opens with any three of five and with no other number', () => {
    for (const triple of [
      [0, 1, 2],
      [0, 2, 4],
      [4, 3, 1],
      [2, 3, 4],
    ]) {
      const chosen = triple.flatMap((i) => shares.slice(i, i + 1));
      expect(equalBytes(combineShares(context, capsule, chosen, 3), key)).toBe(true);
    }
    expect(refusalOf(() => combineShares(context, capsule, shares.slice(0, 4), 3))).toBe('SHARE_SET');
  });

  test('opens for any size of consortium, whoever answers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.nat(), fc.string(), (members, pick, seed) => {
        const threshold = 1 + (pick % members);
        const rng = seededRandom(`size${seed}`);
        const keys = foundConsortium(rng, members, threshold);
        const own = { publicKey: decodeBase64url(keys[0]?.publicKey ?? ''), label };
        const sealed = sealCapsule(own, key, rng);
        const answers = keys.map((custodian) => makeShare(own, sealed, custodian, rng));
        const turned = [...answers.slice(pick % members), ...answers.slice(0, pick % members)];
        expect(equalBytes(combineShares(own, sealed, turned.slice(0, threshold), threshold), key)).toBe(true);
      }),
      { numRuns: 8 },
    );
  });
});

describe('attack §15.1: the shifted capsule', () => {
  const shift = sodiumGroup.reduceScalar(random(64));
  const shifted = shiftCapsule(capsule, shift);
  const attackerContext = {
    publicKey,
    label: capsuleLabel({ ...binding, recordId: 'rec-9', author: 'BirchMSP' }),
  };

  test('is refused by the chaincode and by every custodian, under both labels', () => {
    for (const where of [context, attackerContext]) {
      expect(refusalOf(() => verification.verifyCapsule(where, shifted))).toBe('CAPSULE_PROOF');
      expect(refusalOf(() => verifyCapsule(where, shifted))).toBe('CAPSULE_PROOF');
      expect(refusalOf(() => makeShare(where, shifted, one, random))).toBe('CAPSULE_PROOF');
    }
  });

  test('would recover the key from a kernel without the proof', () => {
    const minus = sodiumGroup.subtractScalars(new Uint8Array(32), shift);
    const stolen = [one, two, three].map((custodian) => {
      const answer = multiplyWithoutProof(custodian.secret, shifted);
      const correction = sodiumGroup.multiply(minus, sodiumGroup.multiplyBase(custodian.secret));
      return {
        epoch: 1,
        index: custodian.index,
        element: sodiumGroup.sum([answer, correction]),
        proof: new Uint8Array(64),
      };
    });
    expect(equalBytes(combineShares(context, capsule, stolen, 3), key)).toBe(true);
  });
});

describe('attack §15.2: a copied capsule', () => {
  const changes = Object.keys(binding).filter((name) => name !== 'suite' && name !== 'version');

  test.each([...changes.map((name) => ({ [name]: 'other' })), { version: 2 }, { suite: 2 }])(
    'does not verify under %j',
    (change) => {
      const elsewhere = { publicKey, label: capsuleLabel({ ...binding, ...change }) };
      expect(refusalOf(() => verification.verifyCapsule(elsewhere, capsule))).toBe('CAPSULE_PROOF');
      expect(refusalOf(() => makeShare(elsewhere, capsule, one, random))).toBe('CAPSULE_PROOF');
    },
  );

  test('does not verify under another key of the consortium', () => {
    const other = { publicKey: sodiumGroup.multiplyBase(sodiumGroup.reduceScalar(random(64))), label };
    expect(refusalOf(() => verifyCapsule(other, capsule))).toBe('CAPSULE_PROOF');
  });
});

describe('attack §15.3: a mauled capsule', () => {
  test('with any single bit flipped is refused', () => {
    for (let bit = 0; bit < capsule.length * 8; bit += 1) {
      expect(refusalOf(() => verifyCapsule(context, flipBit(capsule, bit)))).toMatch(
        /^(CAPSULE_PROOF|ELEMENT|SCALAR|VERSION|SUITE)$/,
      );
    }
  });

  test('with an ubar of another exponent than u is refused', () => {
    const fields = decodeCapsule(capsule);
    const ubar = sodiumGroup.multiply(sodiumGroup.reduceScalar(random(64)), GENERATOR_BAR);
    expect(refusalOf(() => verifyCapsule(context, encodeCapsule({ ...fields, ubar })))).toBe('CAPSULE_PROOF');
    expect(refusalOf(() => verification.verifyCapsule(context, encodeCapsule({ ...fields, ubar })))).toBe(
      'CAPSULE_PROOF',
    );
  });
});

describe('attack §15.5: a lying custodian', () => {
  const lie = { ...share(two), element: sodiumGroup.multiplyBase(sodiumGroup.reduceScalar(random(64))) };
  const malformed = { ...share(two), element: new Uint8Array(32).fill(0xff) };

  test.each([
    ['false', lie],
    ['malformed', malformed],
  ])('with a %s share does not stop a read and is named', (_, bad) => {
    const recovered = recoverKey({ ...recovery, shares: [share(one), bad, share(three), share(four)] });
    expect(equalBytes(recovered.key, key)).toBe(true);
    expect(recovered.falseIndices).toEqual([2]);
  });

  test('is proven to a third party from public values alone', () => {
    expect(verification.verifyShare(lie, { verificationKey: verificationKeys[1] ?? u, label, u })).toBe(
      false,
    );
    expect(
      verification.verifyShare(share(two), { verificationKey: verificationKeys[1] ?? u, label, u }),
    ).toBe(true);
    expect(findFalseShares({ ...recovery, shares: [share(one), lie] })).toEqual([2]);
  });

  test('stops a read only when too few honest shares are left', () => {
    expect(refusalOf(() => recoverKey({ ...recovery, shares: [share(one), lie, share(three)] }))).toBe(
      'SHARE_SET',
    );
  });

  test('is not blamed for a bad capsule of the author', () => {
    const other = { ...recovery, accepts: () => false };
    expect(refusalOf(() => recoverKey({ ...other, shares: [share(one), share(two), share(three)] }))).toBe(
      'KEY_COMMITMENT',
    );
  });
});

describe('attack §15.6: a proof in another place', () => {
  const good = share(one);
  const verificationKey = verificationKeys[0] ?? u;

  test('does not verify for another label, index, epoch or key', () => {
    expect(verifyShare(good, { verificationKey, label, u })).toBe(true);
    const others = [
      verifyShare(good, { verificationKey, label: random(32), u }),
      verifyShare({ ...good, index: 2 }, { verificationKey, label, u }),
      verifyShare({ ...good, epoch: 2 }, { verificationKey, label, u }),
      verifyShare(good, { verificationKey: verificationKeys[1] ?? u, label, u }),
      verifyShare(good, { verificationKey, label, u: publicKey }),
    ];
    expect(others).toEqual(others.map(() => false));
  });

  test('does not verify for another protocol', () => {
    const scope = concatBytes(
      utf8('Tutela-v1-oprf-share-ristretto255-SHA512'),
      i2osp(1, 4),
      i2osp(1, 2),
      label,
    );
    const statement = { B: verificationKey, C: u, D: good.element };
    expect(checkDleq(sodiumGroup, good.proof, statement, scope)).toBe(false);
    const proof = proveDleq(sodiumGroup, one.secret, statement, scope, random);
    expect(verifyShare({ ...good, proof }, { verificationKey, label, u })).toBe(false);
  });

  test('is bound to a fresh nonce: two proofs of one statement differ', () => {
    expect(equalBytes(share(one).proof, share(one).proof)).toBe(false);
  });
});

describe('attack §15.7: too few, doubled or mixed shares', () => {
  test('two of three never give the key', () => {
    for (const pair of [shares.slice(0, 2), shares.slice(3)]) {
      expect(refusalOf(() => combineShares(context, capsule, pair, 3))).toBe('SHARE_SET');
      expect(accepts(combineShares(context, capsule, pair, 2))).toBe(false);
      expect(refusalOf(() => recoverKey({ ...recovery, shares: pair }))).toBe('SHARE_SET');
    }
  });

  test('a doubled index is refused, whatever its share', () => {
    const doubled = [share(one), share(two), share(two)];
    expect(refusalOf(() => combineShares(context, capsule, doubled, 3))).toBe('SHARE_SET');
    expect(refusalOf(() => recoverKey({ ...recovery, shares: doubled }))).toBe('SHARE_SET');
  });

  test('shares of two epochs are refused, and relabelled they do not give the key', () => {
    const ceremony = prepareCeremony(random, { members: 5, threshold: 3 }, previousEpoch(one, [1, 2, 3]));
    const next = finishAll(
      ceremony,
      redealAll(ceremony, custodians, random).map(({ dealing }) => dealing),
    );
    const mixed = [share(one), share(two), ...next.slice(4).map(share)];
    expect(refusalOf(() => combineShares(context, capsule, mixed, 3))).toBe('SHARE_SET');
    const relabelled = mixed.map((part) => ({ ...part, epoch: 1 }));
    expect(accepts(combineShares(context, capsule, relabelled, 3))).toBe(false);
    expect(findFalseShares({ ...recovery, shares: relabelled })).toEqual([5]);
    expect(refusalOf(() => recoverKey({ ...recovery, shares: mixed }))).toBe('SHARE_SET');
  });

  test('an honest answer of another epoch is left out, and nobody is blamed for it', () => {
    const ceremony = prepareCeremony(random, { members: 5, threshold: 3 }, previousEpoch(one, [2, 3, 4]));
    const next = finishAll(
      ceremony,
      redealAll(ceremony, custodians, random).map(({ dealing }) => dealing),
    );
    const answers = [share(one), share(two), ...next.slice(4).map(share), share(three)];
    const recovered = recoverKey({ ...recovery, shares: answers });
    expect([equalBytes(recovered.key, key), recovered.falseIndices]).toEqual([true, []]);
  });

  test('an index out of range is refused', () => {
    const zero = [share(one), share(two), { ...share(five), index: 0 }];
    expect(refusalOf(() => combineShares(context, capsule, zero, 3))).toBe('SHARE_SET');
  });
});

test('a second ceremony of the same members makes another key', () => {
  const ceremony = prepareCeremony(random, { members: 3, threshold: 2 });
  const dealings = dealAll(ceremony, random).map(({ dealing }) => dealing);
  expect(finishAll(ceremony, dealings)[0]?.publicKey).not.toBe(one.publicKey);
});
