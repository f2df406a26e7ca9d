// SPDX-License-Identifier: Apache-2.0
import { StatusCode } from '@hyperledger/fabric-gateway';
import { describe, expect, test } from '@jest/globals';
import { DomainError, type MspId } from '@tutela/chaincode/domain';
import { seeded } from '@tutela/chaincode/testing';
import { EndorserChoice } from './endorser-choice.js';
import { submitTransaction, type Endorsed, type Endorsement, type Submission } from './submit-transaction.js';

type Transaction = Endorsed & Readonly<{ code: number }>;

const HOSPITALS = ['h0', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'] as readonly string[] as readonly MspId[];
const [OWN = 'h0' as MspId, ...OTHERS] = HOSPITALS;
const GOOD: readonly MspId[] = HOSPITALS.slice(1, 4);
const HOSTILE: readonly MspId[] = HOSPITALS.slice(4);
/** One of these answers slowly and endorses truly. */
const SLOW: readonly MspId[] = [...GOOD.slice(0, 2), 'h6' as MspId];

/**
 * A submission among hospitals of which the own one and those named or, without a name, `chosen` are asked; `answer` says
 * what becomes of a proposal. Further members replace the defaults.
 */
function scene(
  answer: (asked: readonly MspId[]) => Endorsement<Transaction>,
  {
    chosen = () => GOOD,
    ...others
  }: Partial<Submission<Transaction>> & { chosen?: () => readonly MspId[] } = {},
) {
  const asked: string[] = [];
  const chance = chanceOf(8);
  const submission: Submission<Transaction> = {
    own: OWN,
    others: () => Promise.resolve(OTHERS),
    choice: new EndorserChoice({ nowMs: () => 0, chance }),
    endorse: (hospitals) => {
      asked.push(hospitals?.join(',') ?? 'chosen by the peer');
      return Promise.resolve(answer(hospitals ?? [OWN, ...chosen()]));
    },
    commit: ({ code }) => Promise.resolve({ valid: code === StatusCode.VALID, code }),
    mayOmitOwn: false,
    maxConflicts: 5,
    mayEndorseAgain: ({ count }) => count < 4,
    pause: () => Promise.resolve(),
    nowMs: () => 0,
    ...others,
  };
  return { submission, asked };
}

function endorsed(endorsers: readonly MspId[], code: number = StatusCode.VALID): Endorsement<Transaction> {
  return { kind: 'endorsed', transaction: { endorsers, code } };
}

/** Hostile hospitals' signatures are false. */
function judged(endorsers: readonly MspId[]): Endorsement<Transaction> {
  const isTrue = endorsers.every((one) => !HOSTILE.includes(one));
  return endorsed(endorsers, isTrue ? StatusCode.VALID : StatusCode.ENDORSEMENT_POLICY_FAILURE);
}

function chanceOf(seed: number): () => number {
  const random = seeded(seed);
  return () => random(1_000_000) / 1_000_000;
}

function shuffled<T>(all: readonly T[], random: () => number): readonly T[] {
  return all
    .map((one) => ({ one, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);
}

/** Names the good hospitals from now on. */
function knowGood(choice: EndorserChoice): void {
  choice.beWary();
  choice.endorsed(GOOD, { isGood: true });
}

const noAnswer = new DomainError('LEDGER_UNAVAILABLE', 'no answer');
const late: Endorsement<Transaction> = {
  kind: 'unreachable',
  error: noAnswer,
  byOwnPeer: false,
  isLate: true,
};
const refusedByOwn: Endorsement<Transaction> = {
  kind: 'refused',
  error: new DomainError('STATEMENT_REPLAYED', 'it was used'),
  byOwnPeer: true,
};

describe('a transaction that is submitted', () => {
  test('and conflicts is endorsed afresh, as often as it may', async () => {
    const codes = [StatusCode.MVCC_READ_CONFLICT, StatusCode.PHANTOM_READ_CONFLICT, StatusCode.VALID];
    const repeated = scene((by) => endorsed(by, codes.shift()));
    expect(await submitTransaction(repeated.submission)).toMatchObject({ kind: 'committed' });
    expect(repeated.asked).toHaveLength(3);
    const always = scene((by) => endorsed(by, StatusCode.MVCC_READ_CONFLICT));
    expect(await submitTransaction(always.submission)).toMatchObject({ kind: 'conflicting', code: 11 });
    expect(always.asked).toHaveLength(5);
  });

  test('and whose outcome is not known ends with the error of the commit', async () => {
    const unknown = new Error('no block came');
    const { submission } = scene(endorsed, { commit: () => Promise.reject(unknown) });
    await expect(submitTransaction(submission)).rejects.toBe(unknown);
  });

  test('and that the own peer refuses ends at once, a refusal by another is asked again', async () => {
    const { submission, asked } = scene(() => refusedByOwn);
    expect(await submitTransaction(submission)).toBe(refusedByOwn);
    expect(asked).toHaveLength(1);
    const foreign = { ...refusedByOwn, byOwnPeer: false };
    const again = scene(() => foreign);
    expect(await submitTransaction(again.submission)).toBe(foreign);
    expect(again.asked).toHaveLength(4);
  });

  test('goes to the other hospitals alone only where the own peer may be omitted', async () => {
    const away = { ...late, byOwnPeer: true, isLate: false };
    const needed = scene(() => away);
    await submitTransaction(needed.submission);
    expect(new Set(needed.asked)).toEqual(new Set(['chosen by the peer']));
    const omitted = scene((by) => (by.includes(OWN) ? away : endorsed(by)), { mayOmitOwn: true });
    expect(await submitTransaction(omitted.submission)).toMatchObject({ kind: 'committed' });
    expect(omitted.asked).toEqual(['chosen by the peer', OTHERS.join(',')]);
  });
});

describe('attack 44: hospitals that endorse with a false signature, or claim a transaction’s id', () => {
  test('are left for others by name and for the peer’s choice alternately', async () => {
    const { submission, asked } = scene((by) => endorsed(by, StatusCode.ENDORSEMENT_POLICY_FAILURE));
    expect(await submitTransaction(submission)).toMatchObject({ kind: 'spoiled', code: 10 });
    const [first, second, third, fourth] = asked;
    expect([first, third]).toEqual(['chosen by the peer', 'chosen by the peer']);
    expect([second, fourth]).toEqual([expect.stringMatching(/^h0,/), expect.stringMatching(/^h0,/)]);
    expect(second).not.toBe(fourth);
  });

  test('end a submission after 25 tries', async () => {
    const { submission, asked } = scene(judged, { chosen: () => HOSTILE });
    submission.choice.spoiled(4, GOOD);
    expect(await submitTransaction(submission)).toMatchObject({ kind: 'spoiled', code: 10 });
    expect(asked).toHaveLength(25);
  });

  const falseSignature = StatusCode.ENDORSEMENT_POLICY_FAILURE;
  const claimedId = StatusCode.BAD_PROPOSAL_TXID;
  const cases = [
    { hospitals: 3, endorsements: 2, hostile: 1, code: falseSignature },
    { hospitals: 5, endorsements: 3, hostile: 2, code: falseSignature },
    { hospitals: 7, endorsements: 4, hostile: 3, code: falseSignature },
    { hospitals: 3, endorsements: 2, hostile: 1, code: claimedId },
    { hospitals: 7, endorsements: 4, hostile: 3, code: claimedId },
  ];

  test.each(cases)(
    '$hostile of $hospitals spoil a bounded number of transactions, and later ones none (code $code)',
    async ({ hospitals, endorsements, hostile, code }) => {
      const random = chanceOf(44);
      const all = HOSPITALS.slice(0, hospitals);
      const others = all.slice(1);
      let spoiled = 0;
      const { submission } = scene(
        (by) => {
          const asked = by.slice(0, endorsements);
          const isTrue = asked.every((one) => all.indexOf(one) < hospitals - hostile);
          if (!isTrue) spoiled += 1;
          return endorsed(asked, isTrue ? StatusCode.VALID : code);
        },
        { others: () => Promise.resolve(others), chosen: () => shuffled(others, random) },
      );
      for (let tries = 0; tries < 3; tries += 1) await submitTransaction(submission);
      expect(await submitTransaction(submission)).toMatchObject({ kind: 'committed' });
      const before = spoiled;
      for (let more = 0; more < 50; more += 1) await submitTransaction(submission);
      expect(spoiled).toBe(before);
      expect(before).toBeLessThan(60);
    },
  );

  test('leave the choice to the peer again when a hospital that endorsed well is away', async () => {
    const away = { ...late, isLate: false };
    const { submission, asked } = scene((by) => (by.includes('h1' as MspId) ? away : endorsed(by)), {
      mayEndorseAgain: ({ isNamed }) => isNamed,
    });
    knowGood(submission.choice);
    expect(await submitTransaction(submission)).toBe(away);
    expect(asked).toEqual(['h0,h1,h2,h3', 'chosen by the peer']);
    expect(submission.choice.known(OTHERS)).toBeUndefined();
  });

  test('profit from no refusal by the own chaincode: those that endorsed well are asked again', async () => {
    let isRefused = true;
    const { submission, asked } = scene((by) => (isRefused ? refusedByOwn : judged(by)), {
      chosen: () => HOSTILE,
    });
    knowGood(submission.choice);
    expect(await submitTransaction(submission)).toBe(refusedByOwn);
    isRefused = false;
    for (let more = 0; more < 20; more += 1)
      expect(await submitTransaction(submission)).toMatchObject({ kind: 'committed' });
    expect(asked).toHaveLength(21);
  });
});

describe('hospitals that refuse, or make transactions conflict', () => {
  test('attack 44: hospitals that refuse what the own peer endorses are left for a set by name, and later ones never asked', async () => {
    const refused = { ...refusedByOwn, byOwnPeer: false };
    let refusals = 0;
    const random = chanceOf(44);
    const { submission } = scene(
      (by) => {
        if (by.every((one) => !HOSTILE.includes(one))) return endorsed(by);
        refusals += 1;
        return refused;
      },
      { chosen: () => shuffled(OTHERS, random).slice(0, 3), mayEndorseAgain: () => true },
    );
    submission.choice.endorsed(GOOD, { isGood: false });
    for (let tries = 0; tries < 3; tries += 1)
      expect(await submitTransaction(submission)).toMatchObject({ kind: 'committed' });
    const before = refusals;
    for (let more = 0; more < 50; more += 1) await submitTransaction(submission);
    expect(refusals).toBe(before);
    expect(before).toBeLessThan(60);
  });

  test('attack 44: hospitals that make transactions conflict on purpose are no longer asked by name', async () => {
    const { submission } = scene((by) => endorsed(by, StatusCode.MVCC_READ_CONFLICT), {
      chosen: () => HOSTILE,
    });
    submission.choice.beWary();
    submission.choice.endorsed(HOSTILE, { isGood: true });
    expect(await submitTransaction(submission)).toMatchObject({ kind: 'conflicting' });
    expect(submission.choice.known(OTHERS)).toBeUndefined();
  });
});

describe('attack 44: hospitals that answer no proposal in time', () => {
  test('are left for a set by name, and not for the others alone', async () => {
    const answers = [endorsed([OWN, ...GOOD]), late, endorsed([OWN, ...GOOD])];
    const { submission, asked } = scene(() => answers.shift() ?? late, { mayOmitOwn: true });
    await submitTransaction(submission);
    expect(await submitTransaction(submission)).toMatchObject({ kind: 'committed' });
    expect(asked.slice(0, 2)).toEqual(['chosen by the peer', 'chosen by the peer']);
    expect(asked[2]).toMatch(/^h0(,h[1-6]){3}$/);
  });

  test('or answer slowly become no set that is asked by name, and leave one that answers too late', async () => {
    let now = 0;
    let chosen = SLOW;
    let isLate = false;
    const nowMs = (): number => now;
    const choice = new EndorserChoice({ nowMs, chance: chanceOf(8) });
    const { submission } = scene(
      (by) => {
        if (by.includes('h6' as MspId)) now += 4_000;
        return isLate ? late : endorsed(by);
      },
      { choice, nowMs, chosen: () => chosen },
    );
    await submitTransaction(submission);
    expect(choice.known(OTHERS)).toBeUndefined();
    chosen = GOOD;
    await submitTransaction(submission);
    expect(choice.known(OTHERS)).toEqual(GOOD);
    isLate = true;
    expect(await submitTransaction(submission)).toBe(late);
    expect(choice.known(OTHERS)).toBeUndefined();
  });
});
