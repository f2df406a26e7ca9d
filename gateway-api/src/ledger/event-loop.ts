// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { ChaincodeEvent, Checkpoint, Network } from '@hyperledger/fabric-gateway';
import { EVENT_NAME, eventsIn, txId, type LedgerEvent } from '@tutela/chaincode/domain';
import type { Log } from '../log.js';
import type { LedgerMessage } from './ledger.js';

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5_000;
const CHECKPOINT = /^(\d{1,18}):([0-9a-f]{64})$/;
const decoder = new TextDecoder();

/** Where the events come from: a network, its chaincode, and a log for reconnections. */
export type EventSource = Readonly<{ network: () => Promise<Network>; chaincode: string; log: Log }>;

/** Chaincode events from after a checkpoint; Fabric's own stream ends with its peer, this one takes it up again. */
export async function* followEvents(
  source: EventSource,
  signal: AbortSignal,
  checkpoint?: string,
): AsyncGenerator<LedgerMessage, void, undefined> {
  let last = checkpoint;
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      for await (const message of connect(source, signal, last)) {
        failures = 0;
        last = message.checkpoint ?? last;
        yield message;
      }
    } catch (error) {
      if (isAborted(signal)) return;
      source.log.warn(
        { failures, error: error instanceof Error ? error.name : 'unknown' },
        'the event stream broke',
      );
    }
    await sleepFor(Math.min(FIRST_PAUSE_MS * 2 ** failures, MAX_PAUSE_MS), undefined, { signal }).catch(
      () => undefined,
    );
  }
}

async function* connect(
  { network, chaincode }: EventSource,
  signal: AbortSignal,
  last: string | undefined,
): AsyncGenerator<LedgerMessage, void, undefined> {
  const connection = await network();
  const checkpoint = parseCheckpoint(last ?? '');
  const events = await connection.getChaincodeEvents(
    chaincode,
    checkpoint === undefined ? {} : { checkpoint },
  );
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

function parseCheckpoint(text: string): Checkpoint | undefined {
  const [, block, transaction] = CHECKPOINT.exec(text) ?? [];
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
