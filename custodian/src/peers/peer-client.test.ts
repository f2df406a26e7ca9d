// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { testTlsAuthority } from '../testing/test-tls.js';
import { httpsPeerClient, type TlsMaterial } from './peer-client.js';

const EXCHANGE_MS = 400;
const DRIP_MS = 50;

let tls: TlsMaterial;
let server: Server | undefined;
beforeAll(async () => {
  tls = await (await testTlsAuthority('consortium')).issue();
});
afterEach(async () => {
  const ended = new Promise((resolve) => server?.close(resolve));
  server?.closeAllConnections();
  await ended;
});

/** A server of the consortium that answers everything alike; its address. */
async function answering(answer: (response: ServerResponse) => void): Promise<string> {
  const { certificate: cert, privateKey: key } = tls;
  server = createServer({ cert, key }, (_, response) => {
    answer(response);
  });
  await new Promise<void>((resolve) => server?.listen(0, 'localhost', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `https://localhost:${address.port}`;
}

describe('an exchange with another custodian', () => {
  test('attack 44: a custodian that sends a byte now and then does not keep the one that asks', async () => {
    const url = await answering((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), DRIP_MS);
      response.once('close', () => {
        clearInterval(drip);
      });
    });
    const client = httpsPeerClient(tls, 'AlderMSP', EXCHANGE_MS);
    const startedAt = performance.now();
    await expect(client.get(`${url}/v1/journal`)).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    expect(performance.now() - startedAt).toBeLessThan(EXCHANGE_MS * 5);
    await client.close();
  });

  test('attack 44: questions that wait behind a slow answer of the same custodian end in time too', async () => {
    const url = await answering(() => undefined);
    const client = httpsPeerClient(tls, 'AlderMSP', EXCHANGE_MS);
    const asked = await Promise.allSettled(Array.from({ length: 6 }, () => client.get(`${url}/v1/head`)));
    expect(asked.map(({ status }) => status)).toEqual(Array(6).fill('rejected'));
    await client.close();
  });

  test('attack 32: a redirect is not followed, and an answer in time is read whole', async () => {
    let asked = 0;
    const url = await answering((response) => {
      asked += 1;
      if (asked === 1) response.writeHead(302, { location: '/elsewhere' }).end('{}');
      else response.end('{"head":1}');
    });
    const client = httpsPeerClient(tls, 'AlderMSP', EXCHANGE_MS);
    await expect(client.get(`${url}/v1/head`)).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    expect(asked).toBe(1);
    expect(await client.get(`${url}/v1/head`)).toEqual({ head: 1 });
    await client.close();
  });
});
