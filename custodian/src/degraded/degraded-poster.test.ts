// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError } from '@tutela/chaincode/domain';
import { postDegraded } from './degraded-poster.js';

type Parts = Parameters<typeof postDegraded>[0];

const TIME = '2026-03-01T08:00:00.000Z';
let now = 0;
let stop: AbortController;
beforeEach(() => {
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
});

/** What the own peer shows of the request: one hospital's entry, and whether there is an emergency. */
function shown(mspId: string, released: boolean, opened: object = {}): { evaluate: () => Promise<object> } {
  const acknowledgement = { acknowledgement: { epoch: 1, journalHead: 'head', at: TIME } };
  const entry = { requestHash: 'hash', acknowledgedBy: [], postedAt: TIME, acknowledgement };
  return { evaluate: () => Promise.resolve({ entries: [{ ...entry, mspId, released }], ...opened }) };
}

/** A poster with one entry to post, whose next block is brought by `block`. */
function begin(
  isStalled: () => Promise<boolean>,
  ledger: object = {},
  released: object = {},
): { sent: string[]; block: () => Promise<void>; waits: () => boolean; alarms: object[] } {
  const sent: string[] = [];
  const alarms: object[] = [];
  const entry = { acknowledgement: {}, request: {}, requestHash: 'hash', ...released };
  let pending = [entry];
  let onBlock = (): void => undefined;
  const parts = {
    ledger: {
      mspId: 'AlderMSP',
      submit: (name: string) => Promise.resolve(sent.push(name)),
      ...shown('AlderMSP', false),
      ...ledger,
    },
    clock: () => now,
    chain: {
      onBlock: (listener: () => void) => {
        onBlock = listener;
        return () => undefined;
      },
    },
    store: {
      pending: () => pending,
      keep: () => {
        pending = [];
        return Promise.resolve();
      },
    },
    service: { complete: (one: object) => Promise.resolve(one) },
    isStalled,
    log: { info: () => undefined, warn: () => undefined, error: (facts: object) => alarms.push(facts) },
  } as unknown as Parts;
  void postDegraded(parts, stop.signal);
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
  return {
    sent,
    alarms,
    waits: () => pending.length > 0,
    block: async () => {
      await settled();
      onBlock();
      await settled();
    },
  };
}

describe('what was written down while the ledger stalled', () => {
  test('is sent when the ledger is back, and not before: orderers that are away may take it unheard', async () => {
    let stalled = true;
    const { sent, block } = begin(() => Promise.resolve(stalled));
    await block();
    expect(sent).toEqual([]);
    stalled = false;
    await block();
    await block();
    expect(sent).toEqual(['degraded:Post']);
  });

  test('waits while the own peer is behind', async () => {
    const { sent, block } = begin(() => Promise.reject(new DomainError('PEER_STALE', 'behind')));
    await block();
    expect(sent).toEqual([]);
  });

  test('attack 39: an entry is ticked off as there already only when the own peer shows it', async () => {
    const exists = new DomainError('ALREADY_EXISTS', 'the entry is on the ledger already');
    const refused = (ledger: object) => ({ ...ledger, submit: () => Promise.reject(exists) });
    const away = { evaluate: () => Promise.reject(new DomainError('LEDGER_UNAVAILABLE', 'away')) };
    for (const [ledger, isWaiting] of [
      [refused(shown('CedarMSP', false)), true],
      [refused(shown('AlderMSP', true)), true],
      [refused(away), true],
      [refused(shown('AlderMSP', false)), false],
    ] as const) {
      const { block, waits } = begin(() => Promise.resolve(false), ledger);
      await block();
      expect(waits()).toBe(isWaiting);
    }
  });

  test('attack 42: a case in which shares were given is not ticked off before the own peer shows its emergency', async () => {
    let shows = shown('AlderMSP', true);
    const ledger = { evaluate: () => shows.evaluate() };
    const { sent, block, waits } = begin(() => Promise.resolve(false), ledger, { releasedOn: [] });
    await block();
    await block();
    expect([sent.length, waits()]).toEqual([1, true]);
    now += 60_000;
    await block();
    expect([sent.length, waits()]).toEqual([2, true]);
    shows = shown('AlderMSP', true, { opened: {} });
    now += 60_000;
    await block();
    expect([sent.length, waits()]).toEqual([3, false]);
  });

  test('an entry that comes too late for the record is not sent again; it counts as not on the ledger, with an alarm', async () => {
    const late = new DomainError('EMERGENCY_EXPIRED', 'the custodians were replaced too long ago');
    let sent = 0;
    const submit = (): Promise<never> => {
      sent += 1;
      return Promise.reject(late);
    };
    const { block, waits, alarms } = begin(() => Promise.resolve(false), { submit }, { releasedOn: [] });
    await block();
    now += 24 * 3_600_000;
    await block();
    await block();
    expect([sent, waits()]).toEqual([1, true]);
    expect(alarms).toEqual([{ alarm: 'DEGRADED_TOO_LATE', requestHash: 'hash', code: 'EMERGENCY_EXPIRED' }]);
  });
});
