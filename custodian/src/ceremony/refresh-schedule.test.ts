// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { AuditEntry } from '@tutela/chaincode/domain';
import type { Block } from '../ledger/ledger.js';
import { FIRST_REST_MS, LONGEST_REST_MS, RefreshSchedule } from './refresh-schedule.js';

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
  /** Opens a ceremony of another hospital, or ends it. */
  setOpen: (open: boolean) => void;
}> {
  let [now, begun, open] = [0, 0, false];
  const [warned, before]: [object[], Block[]] = [[], []];
  const log = { ...silent, warn: (facts: object) => warned.push(facts) };
  const schedule = new RefreshSchedule({
    ...{ mspId: 'AlderMSP', clock: () => now, log, isDue: () => Promise.resolve(true) },
    isOpen: () => Promise.resolve(open),
    begin: () => {
      begun += 1;
      for (const one of before.splice(0)) schedule.onBlock(one);
      schedule.onBlock(block('ceremony-started', 'AlderMSP'));
      return Promise.resolve('ceremony');
    },
  });
  return {
    schedule,
    begun: () => begun,
    pass: (ms) => (now += ms),
    warned,
    before,
    setOpen: (isOpen) => (open = isOpen),
  };
}

describe('the schedule of refreshes', () => {
  test('attack 43: the schedule starts no refresh for a day after another hospital ended the one that it had started', async () => {
    const { schedule, begun, pass } = always();
    await schedule.look();
    schedule.onBlock(block('ceremony-aborted', 'BirchMSP'));
    pass(FIRST_REST_MS - 1);
    await schedule.look();
    expect(begun()).toBe(1);
    pass(1);
    await schedule.look();
    expect(begun()).toBe(2);
  });

  test('attack 43: while a member is away the schedule of refreshes pauses after each end, twice as long each time, up to a week', async () => {
    const { schedule, begun, pass } = always();
    const hours = 28 * 24;
    const starts: number[] = [];
    for (let hour = 0; hour < hours; hour += 1) {
      const before = begun();
      await schedule.look();
      if (begun() > before) {
        starts.push(hour / 24);
        schedule.onBlock(block('ceremony-aborted', 'AlderMSP'));
      }
      pass(3_600_000);
    }
    expect(starts).toEqual([0, 1, 3, 7, 14, 21]);
    expect(LONGEST_REST_MS).toBe(7 * FIRST_REST_MS);
  });

  test('attack 43: rests a day again once any refresh has ended in a new epoch', async () => {
    const { schedule, begun, pass } = always();
    for (const days of [1, 2, 0]) {
      await schedule.look();
      schedule.onBlock(block('ceremony-aborted', 'AlderMSP'));
      pass(days * FIRST_REST_MS);
    }
    schedule.onBlock(block('custody-activated', 'BirchMSP'));
    await schedule.look();
    expect(begun()).toBe(4);
    schedule.onBlock(block('ceremony-aborted', 'AlderMSP'));
    pass(FIRST_REST_MS);
    await schedule.look();
    expect(begun()).toBe(5);
  });

  test('starts none while a ceremony is open, as one is that is disputed', async () => {
    const { schedule, begun, setOpen, warned } = always();
    setOpen(true);
    await schedule.look();
    expect([begun(), warned]).toEqual([0, []]);
    setOpen(false);
    await schedule.look();
    expect(begun()).toBe(1);
  });

  test.each([
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

  test('attack 43: the schedule starts the next refresh although another hospital ended its own ceremony while this one began', async () => {
    const { schedule, begun, warned, before } = always();
    before.push(block('ceremony-started', 'BirchMSP'), block('ceremony-aborted', 'BirchMSP'));
    await schedule.look();
    schedule.onBlock(block('custody-activated', 'AlderMSP'));
    await schedule.look();
    expect([begun(), warned]).toEqual([2, []]);
  });

  test('the schedule names no hospital that answered a complaint as the one that ended the refresh, and pauses as after any other end', async () => {
    for (const mspId of ['AlderMSP', 'BirchMSP']) {
      const { schedule, begun, warned } = always();
      await schedule.look();
      schedule.onBlock(block('ceremony-complained', 'CedarMSP', { outcome: 'refused' }));
      schedule.onBlock(block('ceremony-aborted', mspId, { outcome: 'refused' }));
      await schedule.look();
      expect([begun(), warned]).toMatchObject([1, [{ complaint: 'CedarMSP' }]]);
    }
  });
});
