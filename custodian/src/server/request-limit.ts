// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.js';

/** How many requests one certificate may send within a second. */
export const REQUESTS_PER_SECOND = 500;
const WINDOW_MS = 1_000;
const MAX_CALLERS = 1_024;

/** Whether a request of a caller is still within its limit. */
export type Admit = (message: IncomingMessage) => boolean;

/** Limits requests by the caller's TLS certificate, before anything of them is read. */
export function limitByCertificate(clock: Clock, perSecond: number = REQUESTS_PER_SECOND): Admit {
  const admit = limitByName(clock, perSecond);
  return ({ socket }) => socket instanceof TLSSocket && admit(socket.getPeerCertificate().fingerprint256);
}

/** Counts each name within windows of one second. */
export function limitByName(clock: Clock, perSecond: number): (name: string) => boolean {
  const counts = new Map<string, number>();
  let windowEnd = 0;
  return (name) => {
    const now = clock();
    if (now >= windowEnd || counts.size > MAX_CALLERS) {
      counts.clear();
      windowEnd = now + WINDOW_MS;
    }
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count <= perSecond;
  };
}
