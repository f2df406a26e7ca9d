// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Beyond the blocks that consortia take, and below the ports that Linux gives to outgoing connections: one of those
 * could be gone before a program listens on it.
 */
const FIRST = 31_400;
const END = 32_760;
const MAX_TRIES = 2_000;

/** Finds `count` distinct loopback TCP ports that are free now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries >= MAX_TRIES) throw new Error(`no ${count} free ports from ${FIRST} to ${END}`);
    const port = randomInt(FIRST, END);
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
