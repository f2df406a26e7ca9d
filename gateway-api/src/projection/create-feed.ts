// SPDX-License-Identifier: Apache-2.0
import type { Ledger, LedgerMessage } from '../ledger/ledger.js';
import type { FeedItem, LedgerFeed } from './feed.js';

/** A feed that runs until its signal aborts. */
export type RunningFeed = LedgerFeed & Readonly<{ run: (signal: AbortSignal) => Promise<void> }>;

/** Events that are remembered for clients that come back. */
const MAX_REMEMBERED = 1_000;
/** Events that may wait for one slow client before it is cut off; it comes back with its last id. */
const MAX_WAITING = 1_000;

type Reader = Readonly<{ put: (item: FeedItem) => void }>;

/** One stream of ledger events for all clients of this gateway; who has been away longer asks the ledger itself. */
export function createFeed({ ledger }: Readonly<{ ledger: Ledger }>): RunningFeed {
  const remembered: FeedItem[] = [];
  const readers = new Set<Reader>();
  return {
    run: async (signal) => {
      for await (const message of ledger.events(signal)) {
        const item = itemOf(message);
        remembered.push(item);
        if (remembered.length > MAX_REMEMBERED) remembered.shift();
        for (const reader of readers) reader.put(item);
      }
    },
    subscribe: (signal, lastEventId) => {
      const at = remembered.findIndex(({ id }) => id === lastEventId);
      const known = lastEventId === undefined || at >= 0;
      return known
        ? live(readers, remembered.slice(lastEventId === undefined ? remembered.length : at + 1), signal)
        : replay(ledger, signal, lastEventId);
    },
  };
}

async function* replay(
  ledger: Ledger,
  signal: AbortSignal,
  after: string,
): AsyncGenerator<FeedItem, void, undefined> {
  for await (const message of ledger.events(signal, after)) yield itemOf(message);
}

function itemOf({ event, checkpoint }: LedgerMessage): FeedItem {
  return checkpoint === undefined ? { event } : { id: checkpoint, event };
}

async function* live(
  readers: Set<Reader>,
  missed: readonly FeedItem[],
  signal: AbortSignal,
): AsyncGenerator<FeedItem, void, undefined> {
  const waiting: FeedItem[] = [...missed];
  let wake: (() => void) | undefined;
  const awaken = (): void => wake?.();
  const reader: Reader = {
    put: (item) => {
      waiting.push(item);
      awaken();
    },
  };
  readers.add(reader);
  signal.addEventListener('abort', awaken, { once: true });
  try {
    while (!signal.aborted && waiting.length <= MAX_WAITING) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    readers.delete(reader);
    signal.removeEventListener('abort', awaken);
  }
}
