// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { LedgerEvent } from '@tutela/chaincode/domain';
import { messagesFor } from '../ledger/event-loop.js';
import type { Ledger, LedgerMessage } from '../ledger/ledger.js';
import { Mailbox } from '../testing/mailbox.js';
import { createFeed } from './create-feed.js';

function message(number: number): LedgerMessage {
  // The feed hands events on without reading them.
  const event = { txId: String(number) } as unknown as LedgerEvent;
  return { event, blockNumber: BigInt(number), checkpoint: `${number}:x` };
}

function ledgerOf(history: readonly LedgerMessage[]): { ledger: Ledger; publish: (number: number) => void } {
  const mailboxes: Mailbox<LedgerMessage>[] = [];
  const events = (signal: AbortSignal, checkpoint?: string): AsyncIterable<LedgerMessage> => {
    const mailbox = new Mailbox<LedgerMessage>(signal);
    const at = history.findIndex((one) => one.checkpoint === checkpoint);
    if (at >= 0) for (const missed of history.slice(at + 1)) mailbox.put(missed);
    mailboxes.push(mailbox);
    return mailbox;
  };
  const publish = (number: number): void => {
    for (const mailbox of mailboxes) mailbox.put(message(number));
  };
  return { ledger: { events } as Ledger, publish };
}

async function take(
  feed: AsyncIterable<{ id?: string }>,
  count: number,
): Promise<readonly (string | undefined)[]> {
  const ids: (string | undefined)[] = [];
  for await (const { id } of feed) {
    ids.push(id);
    if (ids.length === count) break;
  }
  return ids;
}

describe('a feed', () => {
  test('gives every client what happens from now on, and one that comes back what it missed', async () => {
    const { ledger, publish } = ledgerOf([]);
    const stop = new AbortController();
    const feed = createFeed({ ledger });
    const running = feed.run(stop.signal);
    const first = take(feed.subscribe(stop.signal), 2);
    const second = take(feed.subscribe(stop.signal), 2);
    publish(1);
    publish(2);
    expect(await first).toEqual(['1:x', '2:x']);
    expect(await second).toEqual(['1:x', '2:x']);
    expect(await take(feed.subscribe(stop.signal, '1:x'), 1)).toEqual(['2:x']);
    stop.abort();
    await running;
  });

  test('asks the ledger for what is older than it remembers', async () => {
    const { ledger } = ledgerOf([message(1), message(2), message(3)]);
    const stop = new AbortController();
    expect(await take(createFeed({ ledger }).subscribe(stop.signal, '1:x'), 2)).toEqual(['2:x', '3:x']);
  });

  test('names no place to go on from in the middle of a transaction', async () => {
    const { event } = message(2);
    const { ledger } = ledgerOf([message(1), ...messagesFor([event, event], 2n, '2:x'), message(3)]);
    const stop = new AbortController();
    const missed = createFeed({ ledger }).subscribe(stop.signal, '1:x');
    expect(await take(missed, 3)).toEqual([undefined, '2:x', '3:x']);
  });

  test('ends when the client leaves', async () => {
    const { ledger } = ledgerOf([]);
    const stop = new AbortController();
    const taken = take(createFeed({ ledger }).subscribe(stop.signal), 1);
    stop.abort();
    expect(await taken).toEqual([]);
  });
});
