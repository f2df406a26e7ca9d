// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { DomainError } from '@tutela/chaincode/domain';
import type { TransactionStatus } from './ledger.js';
import { resume, submit, type EndorsedTransaction } from './submission.js';
import {
  RESULT,
  claimed,
  conflicting,
  endorsed,
  play,
  refusal,
  silent,
  underEndorsed,
  unreachable,
  valid,
  type Endorsement,
} from './testing/scripted-submission.js';

describe('a submission', () => {
  test('that is valid answers with its result', async () => {
    expect(await submit(play({ endorsements: [valid] }))).toEqual({
      txId: 'a'.repeat(64),
      result: RESULT,
    });
  });

  test('that others spoil for ever ends after 25 tries, with nothing written', async () => {
    const hopeless = play({ endorsements: [underEndorsed] });
    await expect(submit(hopeless)).rejects.toMatchObject({
      ...{ code: 'LEDGER_UNAVAILABLE', txId: 'a'.repeat(64) },
    });
    expect(hopeless.calls).toHaveLength(25);
  });

  test('that conflicts for ever ends as a conflict after eight tries', async () => {
    const script = play({ endorsements: [conflicting] });
    await expect(submit(script)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(script.calls).toHaveLength(8);
  });

  test('that the own peer refuses is final; one that only a foreign peer refuses is tried again, since that may lag', async () => {
    const own = play({ endorsements: [{ kind: 'refused', error: refusal, byOwnPeer: true }, valid] });
    await expect(submit(own)).rejects.toBe(refusal);
    const foreign = play({ endorsements: [{ kind: 'refused', error: refusal, byOwnPeer: false }, valid] });
    expect(await submit(foreign)).toMatchObject({ result: RESULT });
    const always = play({ endorsements: [{ kind: 'refused', error: refusal, byOwnPeer: false }] });
    await expect(submit(always)).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      cause: refusal,
    });
    expect(always.nowMs()).toBe(25_000);
  });

  test('that the own chaincode server cannot endorse goes to the other hospitals', async () => {
    const script = play({ endorsements: [unreachable, valid] });
    await submit(script);
    expect(script.calls).toEqual(['endorse any', 'endorse BirchMSP,CedarMSP']);
  });

  test("that needs the own peer, as a patient's consents do, returns to it when the others did not suffice", async () => {
    const script = play({ endorsements: [unreachable, underEndorsed, unreachable, unreachable, valid] });
    expect(await submit(script)).toMatchObject({ result: RESULT });
    expect(script.calls).toEqual([
      'endorse any',
      'endorse BirchMSP,CedarMSP',
      'endorse any',
      'endorse any',
      'endorse any',
    ]);
  });

  test('that needs the own peer while that is away has no ledger', async () => {
    const script = play({ endorsements: [unreachable, underEndorsed, unreachable] });
    await expect(submit(script)).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
  });

  test('that no peer can endorse was never ordered, and fails so after 25 seconds', async () => {
    const script = play({ endorsements: [unreachable] });
    await expect(submit(script)).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    expect(script.nowMs()).toBe(25_000);
  });

  test('that peers endorse differently, since one lags, is endorsed once they agree', async () => {
    const lagging = Array.from({ length: 9 }, () => unreachable);
    expect(await submit(play({ endorsements: [...lagging, valid] }))).toMatchObject({
      result: RESULT,
    });
  });

  test('attack 44: whose id another envelope claims, ordered first, is endorsed again', async () => {
    const script = play({ endorsements: [claimed, valid] });
    expect(await submit(script)).toMatchObject({ result: RESULT });
    expect(script.calls.filter((call) => call !== 'status')).toHaveLength(2);
  });

  test('attack 44: whose block the own peer does not show is neither valid nor invalid, whatever is told of its id', async () => {
    const statuses = Array.from({ length: 100 }, () => ({ status: 'unknown' }) as const);
    for (const told of [claimed, valid]) {
      const script = play({ endorsements: [told], statuses });
      await expect(submit(script)).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN' });
    }
  });

  test('attack 44: that a change of the configuration with its id makes look valid is endorsed again', async () => {
    const script = play({
      endorsements: [valid, valid],
      statuses: [
        { status: 'invalid', code: 9 },
        { status: 'valid', code: 0 },
      ],
    });
    expect(await submit(script)).toMatchObject({ result: RESULT });
    expect(script.calls).toEqual(['endorse any', 'status', expect.stringMatching(/^endorse /), 'status']);
  });

  test('attack 44: that is valid in the block of an envelope with its id is not made a second time', async () => {
    const status: TransactionStatus = { status: 'valid', code: 0 };
    const script = play({ endorsements: [claimed, valid], statuses: [status, status] });
    expect(await submit(script)).toMatchObject({ result: RESULT });
    expect(script.calls).toEqual(['endorse any', 'status']);
  });
});

describe('a submission that has something to wait for', () => {
  const transaction = (calls: string[], code = 0): Endorsement =>
    endorsed(
      () => Promise.resolve({ valid: code === 0, code }),
      () => {
        calls.push('order');
        return Promise.resolve();
      },
    );

  test('is endorsed at once, and ordered only after that', async () => {
    const calls: string[] = [];
    const script = play({ endorsements: [transaction(calls)] });
    let open: () => void = () => undefined;
    const beforeOrdering = (): Promise<void> =>
      new Promise((resolve) => {
        open = resolve;
      });
    const onOrdered = (): void => {
      calls.push('on ordered');
    };
    const submitted = submit({ ...script, beforeOrdering, onOrdered });
    await new Promise(setImmediate);
    expect([script.calls, calls]).toEqual([['endorse any'], []]);
    open();
    await submitted;
    expect(calls).toEqual(['order', 'on ordered']);
  });

  test('is never ordered when that fails, and fails alike', async () => {
    const calls: string[] = [];
    const script = play({ endorsements: [transaction(calls)] });
    const failure = new DomainError('STORAGE_UNAVAILABLE', 'one hospital has it, and no other');
    const beforeOrdering = (): Promise<void> => Promise.reject(failure);
    await expect(submit({ ...script, beforeOrdering })).rejects.toBe(failure);
    expect([script.calls, calls]).toEqual([['endorse any'], []]);
  });

  test('waits again before a conflicting transaction is tried anew, and reports both', async () => {
    const calls: string[] = [];
    const script = play({ endorsements: [transaction(calls, 11), transaction(calls)] });
    const beforeOrdering = (): Promise<void> => {
      calls.push('wait');
      return Promise.resolve();
    };
    const onOrdered = (): void => {
      calls.push('on ordered');
    };
    await submit({ ...script, beforeOrdering, onOrdered });
    expect(calls).toEqual(['wait', 'order', 'on ordered', 'wait', 'order', 'on ordered']);
  });

  test('is kept when that is done, and before it is ordered', async () => {
    const calls: string[] = [];
    const script = play({ endorsements: [transaction(calls, 11), transaction(calls)] });
    const beforeOrdering = (): Promise<void> => {
      calls.push('wait');
      return Promise.resolve();
    };
    const keep = ({ txId }: EndorsedTransaction): void => {
      calls.push(`keep ${txId.slice(0, 1)}`);
    };
    await submit({ ...script, beforeOrdering, keep });
    expect(calls).toEqual(['wait', 'keep a', 'order', 'wait', 'keep a', 'order']);
  });

  test('that is refused waits for nothing', async () => {
    const script = play({ endorsements: [{ kind: 'refused', error: refusal, byOwnPeer: true }] });
    let waited = false;
    const beforeOrdering = (): Promise<void> => {
      waited = true;
      return Promise.resolve();
    };
    await expect(submit({ ...script, beforeOrdering })).rejects.toBe(refusal);
    expect(waited).toBe(false);
  });
});

describe('attack 29: a commit status that does not come', () => {
  test('is asked for again, and found', async () => {
    const script = play({
      endorsements: [silent],
      statuses: [{ status: 'unknown' }, { status: 'valid', code: 0 }],
    });
    expect(await submit(script)).toMatchObject({ result: RESULT });
    expect(script.calls).toEqual(['endorse any', 'status', 'status']);
  });

  test('is asked for by the same transaction again, since the leader that it was passed to may be gone', async () => {
    const calls: string[] = [];
    const order = (): Promise<void> => {
      calls.push('order');
      return Promise.resolve();
    };
    const lost = (): Promise<{ valid: boolean; code: number }> =>
      calls.length < 3
        ? Promise.reject(new Error('deadline exceeded'))
        : Promise.resolve({ valid: true, code: 0 });
    const script = play({ endorsements: [endorsed(lost, order)] });
    const onOrdered = (): void => {
      calls.push('on ordered');
    };
    expect(await submit({ ...script, onOrdered })).toMatchObject({ result: RESULT });
    expect(calls).toEqual(['order', 'on ordered', 'order']);
    expect(script.calls).toEqual(['endorse any']);
  });

  test('and turns out to be a conflict, gets a fresh proposal', async () => {
    const script = play({ endorsements: [silent, valid], statuses: [{ status: 'invalid', code: 11 }] });
    expect(await submit(script)).toMatchObject({ result: RESULT });
  });

  test('and stays unknown, is neither success nor failure, and names the transaction', async () => {
    const script = play({ endorsements: [silent, valid] });
    await expect(submit(script)).rejects.toMatchObject({
      code: 'COMMIT_UNKNOWN',
      txId: 'a'.repeat(64),
    });
    expect(script.calls.filter((call) => call.startsWith('endorse'))).toHaveLength(1);
  });

  test('is waited for through an election: the same transaction is sent until it is taken', async () => {
    let orders = 0;
    const order = (): Promise<void> => {
      orders += 1;
      return orders < 8 ? Promise.reject(new Error('no leader')) : Promise.resolve();
    };
    const script = play({ endorsements: [endorsed(() => Promise.resolve({ valid: true, code: 0 }), order)] });
    expect(await submit(script)).toMatchObject({ result: RESULT });
    expect(script.calls.filter((call) => call.startsWith('endorse'))).toHaveLength(1);
  });

  test('is not asked for by another transaction when no orderer ever takes it', async () => {
    const order = (): Promise<void> => Promise.reject(new Error('no leader'));
    const script = play({
      endorsements: [endorsed(() => Promise.resolve({ valid: true, code: 0 }), order), valid],
      statuses: Array.from({ length: 100 }, () => ({ status: 'unknown' })),
    });
    await expect(submit(script)).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN' });
    expect(script.calls.filter((call) => call.startsWith('endorse'))).toHaveLength(1);
  });

  test('an orderer that did not take it is asked once more with the same transaction', async () => {
    let orders = 0;
    const order = (): Promise<void> => {
      orders += 1;
      return orders === 1 ? Promise.reject(new Error('unavailable')) : Promise.resolve();
    };
    const script = play({
      endorsements: [endorsed(() => Promise.resolve({ valid: true, code: 0 }), order)],
      statuses: [{ status: 'unknown' }],
    });
    await submit(script);
    expect(orders).toBe(2);
  });
});

describe('attack 33: a transaction that an earlier try kept', () => {
  const kept = (code: number, calls: string[] = []): EndorsedTransaction => {
    const order = (): Promise<void> => {
      calls.push('order');
      return Promise.resolve();
    };
    const made = endorsed(() => Promise.resolve({ valid: code === 0, code }), order);
    if (made.kind !== 'endorsed') throw new Error('a kept transaction is endorsed');
    return made.transaction;
  };

  test('is the answer if it is valid, and is not ordered again', async () => {
    const calls: string[] = [];
    const script = play({ endorsements: [], statuses: [{ status: 'valid', code: 0 }] });
    expect(await resume(script, kept(0, calls))).toEqual({ txId: 'a'.repeat(64), result: RESULT });
    expect([script.calls, calls]).toEqual([['status'], []]);
  });

  test('is ordered again while what became of it is not known, and decides by its own outcome', async () => {
    const calls: string[] = [];
    const statuses = [{ status: 'unknown' }, { status: 'valid', code: 0 }, { status: 'unknown' }] as const;
    const script = play({ endorsements: [], statuses });
    expect(await resume(script, kept(0, calls))).toMatchObject({ result: RESULT });
    expect(await resume(script, kept(11, calls))).toBeUndefined();
    expect([script.calls, calls]).toEqual([
      ['status', 'status', 'status'],
      ['order', 'order'],
    ]);
  });

  test('is no answer if it is invalid', async () => {
    const script = play({ endorsements: [], statuses: [{ status: 'invalid', code: 11 }] });
    expect(await resume(script, kept(0))).toBeUndefined();
  });

  test('whose outcome does not come is awaited, and no other takes its place', async () => {
    const made = silent.kind === 'endorsed' ? silent.transaction : kept(0);
    await expect(resume(play({ endorsements: [] }), made)).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN' });
  });
});

describe('attack 44: hospitals that answer no proposal in time', () => {
  test('give no reason for a submission that ends: the answer of another hospital’s peer is not passed on', async () => {
    const denied = new DomainError('CALLER_UNKNOWN', 'the channel does not accept this identity');
    const foreign: Endorsement = { kind: 'unreachable', error: denied, byOwnPeer: false, isLate: false };
    const script = play({ endorsements: [foreign] });
    await expect(submit(script)).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
  });
});
