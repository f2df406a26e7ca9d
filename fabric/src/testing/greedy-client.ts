// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import type { Socket } from 'node:net';

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
