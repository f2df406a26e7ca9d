// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { UNREAD_ANSWER_MS } from '../one-answer.js';

const PATIENCE_MS = 3_000;

/** More than the system takes of an answer that is not read. */
export const LARGE = Buffer.alloc(32 * 1024 * 1024);

/** Has a test move the intervals alone, for the looks of a server at what lies unread. */
export const FOR_INTERVALS = {
  doNotFake: [
    ...(['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask'] as const),
    ...(['setImmediate', 'clearImmediate', 'setTimeout', 'clearTimeout'] as const),
  ],
};

/** Sends requests one after another without waiting for an answer, and reads none. */
export function askWithoutReading(socket: Socket, path: string, requests: number): void {
  socket.on('error', () => undefined).pause();
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(requests));
}

/** Whether the other end ends a connection within some seconds; what lies unread of it is read away. */
export async function isEnded(socket: Socket): Promise<boolean> {
  if (socket.closed) return true;
  const signal = AbortSignal.timeout(PATIENCE_MS);
  socket.on('error', () => undefined).resume();
  return once(socket, 'close', { signal }).then(
    () => true,
    () => false,
  );
}

/** A listener of a test, and how a client connects to it. */
export type OpenedListener = Readonly<{ close: () => Promise<void>; connect: () => Promise<Socket> }>;

/** What a listener made of two clients that read nothing. */
export type Unread = Readonly<{ isHastyEnded: boolean; asked: number; ended: number }>;

/**
 * Has a hasty client ask a listener without end, and then an idle one ask once; neither reads. `advance` moves the
 * intervals, which a test has faked ({@link FOR_INTERVALS}). Answers whether the hasty connection was ended, and of how
 * many requests the listener learned and how many of its answers ended.
 */
export async function readNothing(
  open: (handler: RequestListener) => Promise<OpenedListener>,
  path: string,
  advance: (ms: number) => void,
): Promise<Unread> {
  let [asked, ended] = [0, 0];
  const listener = await open((_request, response) => {
    asked += 1;
    response.once('close', () => (ended += 1)).end(LARGE);
  });
  const sockets: Socket[] = [];
  try {
    const hasty = await listener.connect();
    sockets.push(hasty);
    askWithoutReading(hasty, path, 300);
    const isHastyEnded = await isEnded(hasty);
    const idle = await listener.connect();
    sockets.push(idle);
    askWithoutReading(idle, path, 1);
    await until(() => asked >= 2);
    advance(2 * UNREAD_ANSWER_MS);
    await until(() => ended >= 2);
    return { isHastyEnded, asked, ended };
  } finally {
    for (const socket of sockets) socket.destroy();
    await listener.close();
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let poll = 0; poll < 300 && !holds(); poll += 1) await setTimeout(10);
}
