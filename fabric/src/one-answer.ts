// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long an answer may lie unread, in milliseconds: a connection that takes nothing meanwhile ends within as long again. */
export const UNREAD_ANSWER_MS = 60_000;

/** What a server is made with: every request comes to {@link answerOneAtATime}, also one that names no host. */
export const SERVER_OPTIONS = {
  maxHeaderSize: 16 * 1024,
  requireHostHeader: false,
} as const satisfies ServerOptions;

/**
 * Answers the requests of a server so that a connection fills the memory of one answer at most, and not for ever. A
 * request that comes before the answer to the one before was handed over ends its connection, and so does an answer that
 * is not read. Clients of HTTP/1.1 need not send a request early (RFC 9112), and the clients of this system never do.
 */
export function answerOneAtATime(server: Server, handler: RequestListener): void {
  const answer: RequestListener = (request, response) => {
    if (request.httpVersion === '1.1' && request.headers.host === undefined)
      response.writeHead(400, { connection: 'close' }).end();
    else handler(request, response);
  };
  const answers = new WeakMap<Socket, ServerResponse>();
  const watch = endUnread(server);
  const receive = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    if (socket.destroyed) return;
    const before = answers.get(socket);
    answers.set(socket, response);
    if (before === undefined) watch(socket);
    if (before === undefined || before.writableFinished) answer(request, response);
    else if (before.writableEnded) {
      // Node learns one round of events later what TLS has handed over; the client may have read it by then.
      setImmediate(() => {
        if (socket.destroyed) return;
        if (before.writableFinished) answer(request, response);
        else socket.destroy();
      });
    } else socket.destroy();
  };
  server.on('request', receive).on('checkExpectation', receive);
}

/** Looks at intervals which connections took nothing of a waiting answer since the last look, and ends them. */
function endUnread(server: Server): (socket: Socket) => void {
  const taken = new Map<Socket, number | undefined>();
  const looks = setInterval(() => {
    for (const [socket, before] of taken) {
      const now = socket.writableLength === 0 ? undefined : socket.bytesWritten - socket.writableLength;
      if (now !== undefined && now === before) socket.destroy();
      else taken.set(socket, now);
    }
  }, UNREAD_ANSWER_MS).unref();
  server.once('close', () => {
    clearInterval(looks);
  });
  return (socket) => {
    taken.set(socket, undefined);
    socket.once('close', () => taken.delete(socket));
  };
}
