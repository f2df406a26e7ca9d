// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';

import { decodeBase64url, encodeBase64url } from '../base64url.js';
import { equalBytes } from '../bytes.js';
import { combineShares, makeShare } from '../custody.js';
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
import { judgeComplaint, revealSubShare } from './complaint.js';
import { dealOldShare, dealPolynomial, type Dealt } from './deal.js';
import { sealSubShare } from './seal-sub-share.js';
import { type Dealing, verifyDealing } from './dealing.js';
import { ceremonyOutcome } from './outcome.js';
import type { Complaint } from './complaint-claim.js';
import { randomPolynomial } from './polynomial.js';
import { type CustodyKey, finishCeremony, openSubShare } from './receive.js';

const random = seededRandom('ceremony');
const { capsuleFor, key, label, opens } = testCapsules(random);

describe('attack §15.8: a dishonest dealer', () => {
  const ceremony = prepareCeremony(random, { members: 3, threshold: 2 });
  const { terms, keys } = ceremony;
  const dealt = dealAll(ceremony, random) as [Dealt, Dealt, Dealt];
  const member = { index: 2, privateKey: keys[1]?.privateKey ?? new Uint8Array(32) };

  function withSealed(value: Uint8Array, seed: Uint8Array): Dealt {
    const sealed = [...dealt[0].dealing.sealed];
    sealed[1] = encodeBase64url(sealSubShare(terms, { dealer: 1, recipient: 2 }, value, seed));
    const subShares = [...dealt[0].secret.subShares];
    subShares[1] = encodeBase64url(value);
    const sealSeeds = [...dealt[0].secret.sealSeeds];
    sealSeeds[1] = encodeBase64url(seed);
    return { dealing: { ...dealt[0].dealing, sealed }, secret: { ...dealt[0].secret, subShares, sealSeeds } };
  }

  function complaintAbout(dealing: Dealing): Complaint {
    const received = openSubShare(terms, dealing, member);
    if (received.ok) throw new Error('no complaint');
    return received.complaint;
  }

  test('with a wrong sub-share draws a complaint that is decided against it, and no key comes out', () => {
    const bad = withSealed(sodiumGroup.reduceScalar(random(64)), random(32));
    const complaint = complaintAbout(bad.dealing);
    expect(complaint).toEqual({
      v: 1,
      suite: 1,
      ceremonyId: 'ceremony-1',
      dealer: 1,
      complainer: 2,
      reason: 'does-not-fit',
    });
    expect(judgeComplaint(terms, bad.dealing, complaint, revealSubShare(bad.secret, complaint))).toBe(
      'dealer',
    );
    expect(judgeComplaint(terms, bad.dealing, complaint, undefined)).toBe('dealer');
    const dealings = [bad.dealing, dealt[1].dealing, dealt[2].dealing];
    const received = dealings.map((dealing) => openSubShare(terms, dealing, member));
    const outcome = ceremonyOutcome(terms, dealings);
    expect(refusalOf(() => finishCeremony(terms, outcome, 2, received))).toBe('SUB_SHARE');
  });

  test('with a zero, unreduced or undecryptable sub-share draws a complaint too', () => {
    for (const value of [new Uint8Array(32), new Uint8Array(32).fill(0xff)]) {
      const bad = withSealed(value, random(32));
      const complaint = complaintAbout(bad.dealing);
      expect(complaint.reason).toBe('does-not-fit');
      expect(judgeComplaint(terms, bad.dealing, complaint, revealSubShare(bad.secret, complaint))).toBe(
        'dealer',
      );
    }
    const sealed = dealt[0].dealing.sealed.map((text, i) => (i === 1 ? encodeBase64url(random(80)) : text));
    const complaint = complaintAbout({ ...dealt[0].dealing, sealed });
    expect(complaint.reason).toBe('does-not-open');
    const reveal = revealSubShare(dealt[0].secret, complaint);
    expect(judgeComplaint(terms, { ...dealt[0].dealing, sealed }, complaint, reveal)).toBe('dealer');
  });

  test('that sealed rubbish does not clear itself with the right value afterwards', () => {
    const bad = withSealed(sodiumGroup.reduceScalar(random(64)), random(32));
    const complaint = complaintAbout(bad.dealing);
    const late = { ...revealSubShare(bad.secret, complaint), subShare: dealt[0].secret.subShares[1] ?? '' };
    expect(judgeComplaint(terms, bad.dealing, complaint, late)).toBe('dealer');
  });

  test('is told from a member that complains falsely', () => {
    const complaint: Complaint = {
      v: 1,
      suite: 1,
      ceremonyId: terms.ceremonyId,
      dealer: 1,
      complainer: 2,
      reason: 'does-not-fit',
    };
    const reveal = revealSubShare(dealt[0].secret, complaint);
    expect(judgeComplaint(terms, dealt[0].dealing, complaint, reveal)).toBe('complainer');
    expect(judgeComplaint(terms, dealt[0].dealing, complaint, { ...reveal, recipient: 3 })).toBe('dealer');
    expect(refusalOf(() => judgeComplaint(terms, dealt[1].dealing, complaint, reveal))).toBe('DEALING');
    expect(refusalOf(() => revealSubShare(dealt[1].secret, complaint))).toBe('DEALING');
  });

  test('that copies the commitments or the whole dealing of another is refused by everyone', () => {
    const copied = { ...dealt[1].dealing, dealer: 1 };
    expect(
      refusalOf(() => {
        verifyDealing(terms, copied);
      }),
    ).toBe('DEALING');
    const mixed = { ...dealt[0].dealing, commitments: dealt[1].dealing.commitments };
    expect(
      refusalOf(() => {
        verifyDealing(terms, mixed);
      }),
    ).toBe('DEALING');
    expect(refusalOf(() => openSubShare(terms, copied, member))).toBe('DEALING');
    expect(refusalOf(() => ceremonyOutcome(terms, [copied, dealt[1].dealing, dealt[2].dealing]))).toBe(
      'DEALING',
    );
  });

  test('that replays a dealing of an earlier ceremony is refused', () => {
    const again = { ...terms, ceremonyId: 'ceremony-again' };
    const replayed = { ...dealt[0].dealing, ceremonyId: 'ceremony-again' };
    expect(
      refusalOf(() => {
        verifyDealing(again, dealt[0].dealing);
      }),
    ).toBe('DEALING');
    expect(
      refusalOf(() => {
        verifyDealing(again, replayed);
      }),
    ).toBe('DEALING');
  });

  test('that deals with another degree, or to fewer members, is refused', () => {
    const { commitments, sealed } = dealt[0].dealing;
    for (const change of [
      { commitments: commitments.slice(0, 1) },
      { commitments: [...commitments, ...commitments.slice(0, 1)] },
      { sealed: sealed.slice(1) },
      { dealer: 4 },
    ]) {
      expect(
        refusalOf(() => {
          verifyDealing(terms, { ...dealt[0].dealing, ...change });
        }),
      ).toBe('DEALING');
    }
    const identity = [commitments[0] ?? '', encodeBase64url(new Uint8Array(32))];
    expect(
      refusalOf(() => {
        verifyDealing(terms, { ...dealt[0].dealing, commitments: identity });
      }),
    ).toBe('ELEMENT');
  });

  test('that is missing or deals twice stops the ceremony', () => {
    const dealings = dealt.map(({ dealing }) => dealing);
    expect(refusalOf(() => ceremonyOutcome(terms, dealings.slice(1)))).toBe('DEALING_SET');
    expect(refusalOf(() => ceremonyOutcome(terms, [...dealings.slice(1), ...dealings.slice(1, 2)]))).toBe(
      'DEALING_SET',
    );
  });
});

describe('attack §15.9: a dishonest redistribution', () => {
  const old = foundConsortium(random, 3, 2);
  const [first, second] = old as [CustodyKey, CustodyKey, CustodyKey];
  const capsule = capsuleFor(first);
  const next = prepareCeremony(random, { members: 3, threshold: 2 }, previousEpoch(first, [1, 2]));
  const dealings = redealAll(next, old, random).map(({ dealing }) => dealing);

  test('with another constant term than the old share is refused, however well it is proven', () => {
    const constant = sodiumGroup.reduceScalar(random(64));
    const lie = dealPolynomial(
      next.terms,
      1,
      randomPolynomial(sodiumGroup, 2, random, constant),
      random,
    ).dealing;
    expect(
      refusalOf(() => {
        verifyDealing(next.terms, lie);
      }),
    ).toBe('DEALING');
    expect(refusalOf(() => ceremonyOutcome(next.terms, [lie, ...dealings.slice(1)]))).toBe('DEALING');
    const exchanged = dealPolynomial(
      next.terms,
      1,
      randomPolynomial(sodiumGroup, 2, random, second.secret),
      random,
    );
    expect(
      refusalOf(() => {
        verifyDealing(next.terms, exchanged.dealing);
      }),
    ).toBe('DEALING');
    expect(refusalOf(() => dealOldShare(next.terms, 1, second.secret, random))).toBe('DEALING');
  });

  test('with a dealing from another set of old members is refused', () => {
    const other = prepareCeremony(random, { members: 3, threshold: 2 }, previousEpoch(first, [1, 3]));
    const foreign = redealAll(other, old, random).map(({ dealing }) => dealing);
    expect(refusalOf(() => ceremonyOutcome(next.terms, [...dealings.slice(0, 1), ...foreign.slice(1)]))).toBe(
      'DEALING_SET',
    );
    expect(
      refusalOf(() => {
        verifyDealing(next.terms, foreign[0] as Dealing);
      }),
    ).toBe('DEALING');
    expect(
      refusalOf(() => {
        verifyDealing(next.terms, foreign[1] as Dealing);
      }),
    ).toBe('DEALING');
  });

  test('with old shares that do not make up the public key is refused', () => {
    const stranger = foundConsortium(random, 3, 2)[0] as CustodyKey;
    const mixed = { ...previousEpoch(first, [1, 2]), publicKey: stranger.publicKey };
    const terms = prepareCeremony(random, { members: 3, threshold: 2 }, mixed);
    const lies = redealAll(terms, old, random).map(({ dealing }) => dealing);
    expect(refusalOf(() => ceremonyOutcome(terms.terms, lies))).toBe('DEALING_SET');
  });

  test("leaves a removed hospital's share useless in the new epoch", () => {
    const keys = finishAll(next, dealings);
    const context = { publicKey: decodeBase64url(first.publicKey), label };
    const removed = makeShare(context, capsule, old[2] as CustodyKey, random);
    const fresh = makeShare(context, capsule, keys[0] as CustodyKey, random);
    expect(refusalOf(() => combineShares(context, capsule, [fresh, removed], 2))).toBe('SHARE_SET');
    expect(equalBytes(combineShares(context, capsule, [fresh, { ...removed, epoch: 2 }], 2), key)).toBe(
      false,
    );
    expect(opens(keys, capsule, [1, 3])).toBe(true);
  });
});
