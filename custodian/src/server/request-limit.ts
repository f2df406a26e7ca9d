// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.js';
import { authorityOf } from './authority-of.js';

/** How many requests one hospital may send within a second, by whatever certificates. */
export const REQUESTS_PER_SECOND = 1_000;
const WINDOW_MS = 1_000;

/** Whether a request of a caller is still within its limit. */
export type Admit = (message: Pick<IncomingMessage, 'socket'>) => boolean;

/** Limits requests by the authority of the caller's TLS certificate, before anything of them is read. */
export function limitByAuthority(clock: Clock, perSecond: number = REQUESTS_PER_SECOND): Admit {
  const admit = limitByName(clock, perSecond);
  return ({ socket }) => socket instanceof TLSSocket && admit(authorityOf(socket));
}

/** Counts each name within windows of one second; there must not be more names than the own operator has given. */
export function limitByName(clock: Clock, perSecond: number): (name: string) => boolean {
  const counts = new Map<string, number>();
  let windowEnd = 0;
  return (name) => {
    const now = clock();
    if (now >= windowEnd) {
      counts.clear();
      windowEnd = now + WINDOW_MS;
    }
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count <= perSecond;
  };
}
