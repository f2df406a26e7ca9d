// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { AuditEntry } from '@tutela/chaincode/domain';
import type { Block } from '../ledger/ledger.js';
import { AFTER_ABORT_MS, RefreshSchedule } from './refresh-schedule.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

function block(act: string, mspId: string, more: Partial<AuditEntry> = {}): Block {
  const entry = { act, actor: { mspId, id: 'custodian', role: 'custodian' }, ...more } as AuditEntry;
  const transactions = [{ txId: act, valid: true, entry }];
  return { number: 1, hash: '1', previousHash: '0', dataHash: '', transactions };
}

/** A schedule by which a refresh is always due, and what it has begun. */
function always(): Readonly<{
  schedule: RefreshSchedule;
  begun: () => number;
  pass: (ms: number) => void;
  /** What stands in the log as a warning. */
  warned: readonly object[];
  /** What happens on the ledger before a refresh has begun there. */
  before: Block[];
}> {
  let [now, begun] = [0, 0];
  const [warned, before]: [object[], Block[]] = [[], []];
  const log = { ...silent, warn: (facts: object) => warned.push(facts) };
  const schedule = new RefreshSchedule({
    ...{ mspId: 'AlderMSP', clock: () => now, log, isDue: () => Promise.resolve(true) },
    begin: () => {
      begun += 1;
      for (const one of before.splice(0)) schedule.onBlock(one);
      schedule.onBlock(block('ceremony-started', 'AlderMSP'));
      return Promise.resolve('ceremony');
    },
  });
  return { schedule, begun: () => begun, pass: (ms) => (now += ms), warned, before };
}

describe('the schedule of refreshes', () => {
  test('attack 43: starts none for a day after another hospital ended the one that it had started', async () => {
    const { schedule, begun, pass } = always();
    await schedule.look();
    schedule.onBlock(block('ceremony-aborted', 'BirchMSP'));
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
    for (const [act = '', mspId = ''] of acts) schedule.onBlock(block(act, mspId));
    await schedule.look();
    expect(begun()).toBe(2);
  });

  test('attack 43: starts the next one although another hospital ended its own ceremony while this one began', async () => {
    const { schedule, begun, warned, before } = always();
    before.push(block('ceremony-started', 'BirchMSP'), block('ceremony-aborted', 'BirchMSP'));
    await schedule.look();
    schedule.onBlock(block('custody-activated', 'AlderMSP'));
    await schedule.look();
    expect([begun(), warned]).toEqual([2, []]);
  });

  test('names no hospital that answered a complaint as the one that ended the refresh, and rests as after any other end', async () => {
    for (const mspId of ['AlderMSP', 'BirchMSP']) {
      const { schedule, begun, warned } = always();
      await schedule.look();
      schedule.onBlock(block('ceremony-complained', 'CedarMSP', { outcome: 'refused' }));
      schedule.onBlock(block('ceremony-aborted', mspId, { outcome: 'refused' }));
      await schedule.look();
      expect([begun(), warned]).toEqual([1, [{ complaint: 'CedarMSP' }]]);
    }
  });
});
