// SPDX-License-Identifier: Apache-2.0
import { Agent, Dispatcher1Wrapper, type Dispatcher } from 'undici';

/** A way to a Unix socket for code that can only be given a URL. */
export interface SocketRoute {
  /** An origin under the reserved name `.invalid` (RFC 6761, section 6.4), so it can hide no real host. */
  readonly origin: string;
  /** The connections behind it, for calls that need no URL. */
  readonly connections: Dispatcher;
  readonly close: () => Promise<void>;
}

const routes = new Map<string, Dispatcher>();
let routeCount = 0;
let ordinaryFetch: typeof globalThis.fetch | undefined;

/**
 * Opens a route to a Unix socket for the global `fetch`, on which kubo-rpc-client insists.
 * Requests to any other origin pass unchanged, and `fetch` is put back when the last route closes. Each call that is under
 * way has a connection of its own, so that none waits for another: the callers bound how many there are.
 */
export function openSocketRoute(socketPath: string): SocketRoute {
  const agent = new Agent({ connect: { socketPath }, connections: null, headersTimeout: 0, bodyTimeout: 0 });
  routeCount += 1;
  const origin = `http://socket-${String(routeCount)}.invalid`;
  routes.set(origin, new Dispatcher1Wrapper(agent));
  if (ordinaryFetch === undefined) {
    ordinaryFetch = globalThis.fetch;
    globalThis.fetch = routedFetch;
  }
  return { origin, connections: agent, close: () => closeRoute(origin, agent) };
}

const routedFetch: typeof globalThis.fetch = (input, init) => {
  const plain = ordinaryFetch ?? globalThis.fetch;
  const dispatcher = routes.get(originOf(input));
  return dispatcher === undefined
    ? plain(input, init)
    : plain(input, Object.assign({ ...init }, { dispatcher }));
};

function originOf(input: string | URL | Request): string {
  const url = input instanceof Request ? input.url : String(input);
  return URL.canParse(url) ? new URL(url).origin : '';
}

async function closeRoute(origin: string, agent: Agent): Promise<void> {
  routes.delete(origin);
  if (routes.size === 0 && ordinaryFetch !== undefined && globalThis.fetch === routedFetch) {
    globalThis.fetch = ordinaryFetch;
    ordinaryFetch = undefined;
  }
  await agent.destroy();
}
