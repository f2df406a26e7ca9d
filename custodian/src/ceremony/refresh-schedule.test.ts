// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { AuditEntry } from '@tutela/chaincode/domain';
import type { Block } from '../ledger/ledger.js';
import { AFTER_ABORT_MS, RefreshSchedule } from './refresh-schedule.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

function ended(act: string, mspId: string): Block {
  const entry = { act, actor: { mspId, id: 'custodian', role: 'custodian' } } as AuditEntry;
  const transactions = [{ txId: act, valid: true, entry }];
  return { number: 1, hash: '1', previousHash: '0', dataHash: '', transactions };
}

/** A schedule by which a refresh is always due, and what it has begun. */
function always(): Readonly<{ schedule: RefreshSchedule; begun: () => number; pass: (ms: number) => void }> {
  let [now, begun] = [0, 0];
  const schedule = new RefreshSchedule({
    ...{ mspId: 'AlderMSP', clock: () => now, log: silent, isDue: () => Promise.resolve(true) },
    begin: () => {
      begun += 1;
      return Promise.resolve('ceremony');
    },
  });
  return { schedule, begun: () => begun, pass: (ms) => (now += ms) };
}

describe('the schedule of refreshes', () => {
  test('attack 43: starts none for a day after another hospital ended the one that it had started', async () => {
    const { schedule, begun, pass } = always();
    await schedule.look();
    schedule.onBlock(ended('ceremony-aborted', 'BirchMSP'));
    pass(AFTER_ABORT_MS - 1);
    await schedule.look();
    expect(begun()).toBe(1);
    pass(1);
    await schedule.look();
    expect(begun()).toBe(2);
  });

  test.each([
    ['its own end of it', [['ceremony-aborted', 'AlderMSP']]],
    [
      'another hospital’s end of a ceremony that it did not start',
      [
        ['custody-activated', 'BirchMSP'],
        ['ceremony-aborted', 'BirchMSP'],
      ],
    ],
  ])('goes on after %s', async (_, acts) => {
    const { schedule, begun } = always();
    await schedule.look();
    for (const [act = '', mspId = ''] of acts) schedule.onBlock(ended(act, mspId));
    await schedule.look();
    expect(begun()).toBe(2);
  });
});
