// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError } from '@tutela/chaincode/domain';
import { postDegraded } from './degraded-poster.js';

type Parts = Parameters<typeof postDegraded>[0];

let stop: AbortController;
beforeEach(() => {
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
});

/** A poster with one entry to post, whose next block is brought by `block`. */
function begin(
  isStalled: () => Promise<boolean>,
  ledger: object = {},
): { sent: string[]; block: () => Promise<void>; waits: () => boolean } {
  const sent: string[] = [];
  const entry = { acknowledgement: {}, request: {}, requestHash: 'hash' };
  let pending = [entry];
  let onBlock = (): void => undefined;
  const parts = {
    ledger: { mspId: 'AlderMSP', submit: (name: string) => Promise.resolve(sent.push(name)), ...ledger },
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
    isStalled,
    log: { info: () => undefined, warn: () => undefined },
  } as unknown as Parts;
  void postDegraded(parts, stop.signal);
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
  return {
    sent,
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

  test('attack 39: is ticked off as there already only when the own peer shows the entry', async () => {
    const exists = new DomainError('ALREADY_EXISTS', 'the entry is on the ledger already');
    const acknowledgement = { acknowledgement: { journalHead: 'head', at: '2026-03-01T08:00:00.000Z' } };
    const entry = { requestHash: 'hash', acknowledgedBy: [], postedAt: '2026-03-01T08:00:00.000Z' };
    const shown = (mspId: string, released: boolean) => ({
      submit: () => Promise.reject(exists),
      evaluate: () => Promise.resolve({ entries: [{ ...entry, mspId, released, acknowledgement }] }),
    });
    const away = { evaluate: () => Promise.reject(new DomainError('LEDGER_UNAVAILABLE', 'away')) };
    for (const [ledger, isWaiting] of [
      [shown('CedarMSP', false), true],
      [shown('AlderMSP', true), true],
      [{ ...shown('AlderMSP', false), ...away }, true],
      [shown('AlderMSP', false), false],
    ] as const) {
      const { block, waits } = begin(() => Promise.resolve(false), ledger);
      await block();
      expect(waits()).toBe(isWaiting);
    }
  });
});
