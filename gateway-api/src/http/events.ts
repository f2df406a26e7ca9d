// SPDX-License-Identifier: Apache-2.0
import { setTimeout } from 'node:timers/promises';
import type { Response, RequestHandler } from 'express';
import { DomainError } from '@tutela/chaincode/domain';
import type { Gauge } from 'prom-client';
import type { FeedItem, LedgerFeed } from '../projection/feed.js';
import { clientView, type HomeOf } from './event-view.js';
import { sessionOf } from './limits.js';
import type { Authenticate } from './oauth/authenticate.js';
import { HttpRefusal } from './refusal.js';
import { note } from './request-log.js';
import type { Session } from './session.js';

/** How often a quiet stream says that it lives, and how long a stream may last, in milliseconds. */
const HEARTBEAT_MS = 15_000;
const STREAM_MS = 60 * 60_000;
/** Bytes that may wait for a slow reader; then the stream is cut and the reader resumes by Last-Event-ID. */
const MAX_BUFFERED_BYTES = 256 * 1024;
const EVENT_ID = /^[\x21-\x7e]{1,256}$/;

export type EventOptions = Readonly<{
  feed: LedgerFeed;
  homeOf: HomeOf;
  authenticate: Authenticate;
  streams: Gauge;
  /** Aborts when the process ends; clients then resume elsewhere or later. */
  closing: AbortSignal;
  heartbeatMs?: number;
}>;

/** `GET /v1/events`: server-sent events of what the caller would otherwise poll for. Ids and codes only. */
export function eventStream(options: EventOptions): RequestHandler {
  return async (request, response) => {
    note(request, { operation: 'followEvents' });
    const session = sessionOf(response);
    if (session === undefined) throw new HttpRefusal('unauthenticated');
    const lastEventId = readLastEventId(request.headers['last-event-id']);
    const ended = new AbortController();
    const end = (): void => {
      ended.abort();
    };
    response.once('close', end).on('error', end);
    const signal = AbortSignal.any([ended.signal, options.closing, AbortSignal.timeout(STREAM_MS)]);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    send(response, ': open\n\n');
    options.streams.inc();
    beat(options, request.headers.authorization, { response, signal }).catch(end);
    try {
      await forward(options, { session, response, signal, lastEventId });
    } finally {
      end();
      options.streams.dec();
      response.end();
    }
  };
}

type Stream = Readonly<{ response: Response; signal: AbortSignal }>;

/** Comments that keep the connection, one after another; throws when the stream ends or its session no longer holds. */
async function beat(
  { authenticate, heartbeatMs = HEARTBEAT_MS }: EventOptions,
  authorization: string | undefined,
  { response, signal }: Stream,
): Promise<never> {
  for (;;) {
    await setTimeout(heartbeatMs, undefined, { signal });
    await authenticate(authorization);
    send(response, ': beat\n\n');
  }
}

async function forward(
  { feed, homeOf }: EventOptions,
  {
    session,
    response,
    signal,
    lastEventId,
  }: Stream & Readonly<{ session: Session; lastEventId: string | undefined }>,
): Promise<void> {
  for await (const item of feed.subscribe(signal, lastEventId)) {
    const view = await clientView(item.event, session, homeOf);
    if (signal.aborted) return;
    if (view !== undefined) send(response, frame(item, view));
    if (response.writableLength > MAX_BUFFERED_BYTES) return;
  }
}

/** Writes to a stream that has not ended: another write would be an error, and a second error ends the process. */
function send(response: Response, text: string): void {
  if (!response.writableEnded && !response.destroyed) response.write(text);
}

function frame({ id }: FeedItem, view: object): string {
  const line = id === undefined ? '' : `id: ${id}\n`;
  return `${line}event: ledger\ndata: ${JSON.stringify(view)}\n\n`;
}

function readLastEventId(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !EVENT_ID.test(header))
    throw new DomainError('BAD_REQUEST', 'the header Last-Event-ID is malformed');
  return header;
}
