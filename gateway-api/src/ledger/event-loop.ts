// SPDX-License-Identifier: Apache-2.0
import type { ChaincodeEvent, Checkpoint, Network } from '@hyperledger/fabric-gateway';
import { EVENT_NAME, eventsIn, txId, type LedgerEvent } from '@tutela/chaincode/domain';
import type { Log } from '../log.js';
import type { LedgerMessage } from './ledger.js';

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5_000;
/** How often in a row a stream may break at one place while its peer answers, before the blocks there are skipped. */
const MAX_BREAKS = 5;
const CHECKPOINT = /^(\d{1,18}):([0-9a-f]{64})$/;
const decoder = new TextDecoder();

/** Where the events come from, what the own peer says of its blocks, and a log for reconnections. */
export type EventSource = Readonly<{
  network: () => Promise<Network>;
  chaincode: string;
  /** How many blocks the own peer has; undefined while it does not answer. */
  height: () => Promise<bigint | undefined>;
  log: Log;
  /** Ends early when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}>;

/** From where a stream goes on: after a checkpoint, with a block, or from now. */
type Place = Readonly<{ checkpoint?: string; block?: bigint }>;

/**
 * Chaincode events from after a checkpoint; Fabric's own stream ends with its peer, this one takes it up again. A peer
 * gives no event of a block with an envelope that it cannot read, nor of any later one: such blocks are skipped.
 */
export async function* followEvents(
  source: EventSource,
  signal: AbortSignal,
  checkpoint?: string,
): AsyncGenerator<LedgerMessage, void, undefined> {
  let place: Place = checkpoint === undefined ? {} : { checkpoint };
  let breaks = 0;
  /** What the peer had before the try that broke: what came during it may be sound. */
  let before: bigint | undefined;
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      for await (const message of connect(source, signal, place)) {
        failures = 0;
        breaks = 0;
        if (message.checkpoint !== undefined) place = { checkpoint: message.checkpoint };
        yield message;
      }
    } catch (error) {
      if (isAborted(signal)) return;
      source.log.warn(
        { failures, error: error instanceof Error ? error.name : 'unknown' },
        'the event stream broke',
      );
    }
    const height = await source.height();
    breaks = height === undefined ? 0 : breaks + 1;
    if (before !== undefined && breaks >= MAX_BREAKS) {
      place = behind(source, place, before);
      breaks = 0;
    }
    before = height;
    await source.sleep(Math.min(FIRST_PAUSE_MS * 2 ** failures, MAX_PAUSE_MS), signal);
  }
}

/** The place behind all blocks that the peer has, if one of them can be what breaks the stream. */
function behind({ log }: EventSource, place: Place, height: bigint): Place {
  const next = nextBlock(place);
  if (next === undefined || next >= height) return place;
  log.error(
    { fromBlock: next.toString(), untilBlock: height.toString() },
    'the own peer gives no events of some blocks; these are skipped, and the rounds bring what they hold',
  );
  return { block: height };
}

/** The first block that may have events which the stream has not given yet. */
function nextBlock({ checkpoint, block }: Place): bigint | undefined {
  if (block !== undefined) return block;
  const last = parseCheckpoint(checkpoint)?.getBlockNumber();
  return last === undefined ? undefined : last + 1n;
}

async function* connect(
  { network, chaincode }: EventSource,
  signal: AbortSignal,
  { checkpoint: last, block }: Place,
): AsyncGenerator<LedgerMessage, void, undefined> {
  const connection = await network();
  const checkpoint = parseCheckpoint(last);
  const events = await connection.getChaincodeEvents(chaincode, {
    ...(checkpoint !== undefined && { checkpoint }),
    ...(block !== undefined && { startBlock: block }),
  });
  const close = (): void => {
    events.close();
  };
  signal.addEventListener('abort', close, { once: true });
  try {
    for await (const event of events) if (event.eventName === EVENT_NAME) yield* messagesOf(event);
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/** The place of an event as text, `block:transaction`. */
export function checkpointOf(blockNumber: bigint, transactionId: string): string {
  return `${blockNumber.toString()}:${transactionId}`;
}

function parseCheckpoint(text: string | undefined): Checkpoint | undefined {
  const [, block, transaction] = CHECKPOINT.exec(text ?? '') ?? [];
  if (block === undefined || transaction === undefined) return undefined;
  return { getBlockNumber: () => BigInt(block), getTransactionId: () => transaction };
}

/** The entries that our own chaincode made and enough hospitals endorsed, as messages. */
function messagesOf({ blockNumber, transactionId, payload }: ChaincodeEvent): readonly LedgerMessage[] {
  const of = txId(transactionId, 'transactionId');
  const entries = eventsIn(decoder.decode(payload)).map((event) => ({ ...event, txId: of }));
  return messagesFor(entries, blockNumber, checkpointOf(blockNumber, transactionId));
}

/** One message for each event of a transaction; the checkpoint after it goes with the last. */
export function messagesFor(
  events: readonly LedgerEvent[],
  blockNumber: bigint,
  checkpoint: string,
): readonly LedgerMessage[] {
  const last = events.length - 1;
  return events.map((event, at) => ({ event, blockNumber, ...(at === last && { checkpoint }) }));
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
