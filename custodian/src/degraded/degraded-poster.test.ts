// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from '@jest/globals';
import { DomainError } from '@tutela/chaincode/domain';
import { postDegraded } from './degraded-poster.js';

type Parts = Parameters<typeof postDegraded>[0];

const stop = new AbortController();
afterEach(() => {
  stop.abort();
});

/** A poster with one entry to post, whose next block is brought by `block`. */
function begin(isStalled: () => Promise<boolean>): { sent: string[]; block: () => Promise<void> } {
  const sent: string[] = [];
  const entry = { acknowledgement: {}, request: {}, requestHash: 'hash' };
  let pending = [entry];
  let onBlock = (): void => undefined;
  const parts = {
    ledger: { submit: (name: string) => Promise.resolve(sent.push(name)) },
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
});
