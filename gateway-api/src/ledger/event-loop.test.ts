// SPDX-License-Identifier: Apache-2.0
import type { ChaincodeEvent, ChaincodeEventsOptions, Network } from '@hyperledger/fabric-gateway';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EVENT_NAME } from '@tutela/chaincode/domain';
import { MemoryLog } from '../testing/index.js';
import { checkpointOf, followEvents } from './event-loop.js';
import type { LedgerMessage } from './ledger.js';

const TX = 'a'.repeat(64);
const CHAINCODE = 'tutela';

/** A peer with one event in each block; a stream ends with the first block that has an envelope which it cannot read. */
class PeerWithBlocks {
  height = 0n;
  isAway = false;
  /** Whether it opens no stream. */
  refuses = false;
  readonly unreadable = new Set<bigint>();
  /** The first block whose events each stream was to give. */
  readonly starts: bigint[] = [];

  readonly network = (): Promise<Network> => {
    if (this.refuses) return Promise.reject(new Error('no stream'));
    const getChaincodeEvents = (_: string, { checkpoint, startBlock }: ChaincodeEventsOptions) => {
      const last = checkpoint?.getBlockNumber();
      const first = last === undefined ? (startBlock ?? this.height) : last + 1n;
      this.starts.push(first);
      return Promise.resolve(Object.assign(this.#events(first), { close: () => undefined }));
    };
    return Promise.resolve({ getChaincodeEvents } as unknown as Network);
  };

  readonly blocks = (): Promise<bigint | undefined> => Promise.resolve(this.isAway ? undefined : this.height);

  async *#events(first: bigint): AsyncGenerator<ChaincodeEvent> {
    for (let blockNumber = first; ; blockNumber += 1n) {
      while (!this.isAway && blockNumber >= this.height) await new Promise(setImmediate);
      if (this.isAway || this.unreadable.has(blockNumber)) throw new Error('the stream ends');
      const payload = Buffer.from(JSON.stringify([{ act: 'consent-granted' }]));
      yield { blockNumber, transactionId: TX, chaincodeName: CHAINCODE, eventName: EVENT_NAME, payload };
    }
  }
}

let peer: PeerWithBlocks;
let log: MemoryLog;
let stop: AbortController;
let sleeps: number;

beforeEach(() => {
  [peer, log, stop, sleeps] = [new PeerWithBlocks(), new MemoryLog(), new AbortController(), 0];
});
afterEach(() => {
  stop.abort();
});

/** Follows from behind block 2; `onSleep` is called before each reconnection. */
function follow(onSleep: () => void = () => undefined): AsyncIterator<LedgerMessage> {
  const sleep = async (): Promise<void> => {
    sleeps += 1;
    onSleep();
    await new Promise(setImmediate);
  };
  const { network, blocks: height } = peer;
  const source = { network, chaincode: CHAINCODE, height, log, sleep };
  return followEvents(source, stop.signal, checkpointOf(2n, TX))[Symbol.asyncIterator]();
}

async function nextBlock(events: AsyncIterator<LedgerMessage>): Promise<bigint> {
  const { value } = (await events.next()) as IteratorYieldResult<LedgerMessage>;
  return value.blockNumber;
}

const errors = () => log.lines.filter((line) => line.includes('"level":"error"'));

describe('attack 37: a block with an envelope that the own peer cannot read', () => {
  test('ends no stream of events for good: it is skipped, with the other blocks that the peer has by then', async () => {
    peer.height = 8n;
    peer.unreadable.add(4n);
    const events = follow();
    expect(await nextBlock(events)).toBe(3n);
    const next = nextBlock(events);
    while (errors().length === 0) await new Promise(setImmediate);
    expect(log.lines.at(-1)).toContain('"fromBlock":"4","untilBlock":"8"');
    peer.height = 9n;
    expect(await next).toBe(8n);
    expect(sleeps).toBe(5);
    expect(peer.starts).toEqual([3n, 4n, 4n, 4n, 4n, 8n]);
  });

  test('takes no block with it that came during the last try', async () => {
    peer.height = 8n;
    peer.unreadable.add(4n);
    const events = follow(() => {
      if (sleeps === 4) peer.height = 9n;
    });
    expect(await nextBlock(events)).toBe(3n);
    expect(await nextBlock(events)).toBe(8n);
  });

  test('is skipped again where another one comes', async () => {
    peer.height = 8n;
    peer.unreadable.add(4n).add(8n);
    const events = follow(() => {
      if (errors().length === 1) peer.height = 10n;
    });
    expect(await nextBlock(events)).toBe(3n);
    const next = nextBlock(events);
    while (errors().length < 2) await new Promise(setImmediate);
    peer.height = 11n;
    expect(await next).toBe(10n);
  });
});

describe('a stream of events that breaks', () => {
  test('because the peer is away skips nothing, however often that is', async () => {
    peer.height = 5n;
    peer.isAway = true;
    const events = follow(() => {
      peer.isAway = sleeps < 20;
    });
    expect(await nextBlock(events)).toBe(3n);
    expect(await nextBlock(events)).toBe(4n);
    expect(errors()).toEqual([]);
  });

  test('where the peer has no later block skips nothing', async () => {
    peer.height = 3n;
    peer.refuses = true;
    const events = follow(() => {
      peer.refuses = sleeps < 20;
      if (!peer.refuses) peer.height = 4n;
    });
    expect(await nextBlock(events)).toBe(3n);
    expect(errors()).toEqual([]);
  });
});
