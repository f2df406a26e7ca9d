// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mspId } from '@tutela/chaincode/domain';
import { Members, type MemberAuthorities } from '@tutela/fabric';
import { testTlsAuthority } from '../testing/test-tls.js';
import { HOLDS_PATH, httpsPeerClient, type TlsMaterial } from './peer-client.js';
import { fixedRoots } from './trusted-roots.js';

const EXCHANGE_MS = 400;
const DRIP_MS = 50;

type Authority = Awaited<ReturnType<typeof testTlsAuthority>>;

let authority: Authority;
let cedar: Authority;
let tls: TlsMaterial;
let members: Members;
let server: Server | undefined;
beforeAll(async () => {
  [authority, cedar] = await Promise.all([testTlsAuthority('birch'), testTlsAuthority('cedar')]);
  tls = {
    ...(await authority.issue()),
    roots: fixedRoots(Buffer.concat([authority.root, Buffer.from('\n'), cedar.root])),
  };
  const entries = [memberOf('BirchMSP', authority.root), memberOf('CedarMSP', cedar.root)];
  members = new Members({ memberAuthorities: () => Promise.resolve(entries) }, () => 0);
});
afterEach(async () => {
  const ended = new Promise((resolve) => server?.close(resolve));
  server?.closeAllConnections();
  await ended;
});

function memberOf(of: string, root: Uint8Array): MemberAuthorities {
  return { mspId: of, certificates: [], tlsCertificates: [root], revocationLists: [] };
}

const birch = (url: string) => ({ mspId: mspId('BirchMSP', 'test'), url });

/** A server of the consortium that answers everything alike; its address. */
async function answering(answer: (response: ServerResponse) => void, as = tls): Promise<string> {
  const { certificate: cert, privateKey: key } = as;
  server = createServer({ cert, key }, (_, response) => {
    answer(response);
  });
  await new Promise<void>((resolve) => server?.listen(0, 'localhost', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `https://localhost:${address.port}`;
}

describe('an exchange with another custodian', () => {
  test('attack 44: a custodian that sends a byte now and then does not hold up the one that asks', async () => {
    const url = await answering((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), DRIP_MS);
      response.once('close', () => {
        clearInterval(drip);
      });
    });
    const client = httpsPeerClient({ tls, members }, 'AlderMSP', EXCHANGE_MS);
    const startedAt = performance.now();
    await expect(client.get(birch(url), '/v1/journal')).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    expect(performance.now() - startedAt).toBeLessThan(EXCHANGE_MS * 5);
    await client.close();
  });

  test('attack 44: questions that wait behind a slow answer of the same custodian end in time too', async () => {
    const url = await answering(() => undefined);
    const client = httpsPeerClient({ tls, members }, 'AlderMSP', EXCHANGE_MS);
    const asked = await Promise.allSettled(
      Array.from({ length: 6 }, () => client.get(birch(url), '/v1/head')),
    );
    expect(asked.map(({ status }) => status)).toEqual(Array(6).fill('rejected'));
    await client.close();
  });

  test('attack 44: heads stand in no line behind holds, however many another hospital signs', async () => {
    const url = await answering((response) => {
      if (response.req.url === '/v1/heads') response.end('{}');
    });
    const client = httpsPeerClient({ tls, members }, 'AlderMSP', EXCHANGE_MS);
    const waiting = Array.from({ length: 20 }, () => client.post(birch(url), HOLDS_PATH, {}));
    const ended = Promise.allSettled(waiting);
    expect(await client.post(birch(url), '/v1/heads', {})).toEqual({});
    await ended;
    await client.close();
  });

  test('attack 32: a redirect is not followed, and an answer in time is read whole', async () => {
    let asked = 0;
    const url = await answering((response) => {
      asked += 1;
      if (asked === 1) response.writeHead(302, { location: '/elsewhere' }).end('{}');
      else response.end('{"head":1}');
    });
    const client = httpsPeerClient({ tls, members }, 'AlderMSP', EXCHANGE_MS);
    await expect(client.get(birch(url), '/v1/head')).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    expect(asked).toBe(1);
    expect(await client.get(birch(url), '/v1/head')).toEqual({ head: 1 });
    await client.close();
  });

  test('attack 37: a server with a certificate of another hospital’s authority does not answer for a custodian', async () => {
    let asked = 0;
    const url = await answering(
      (response) => {
        asked += 1;
        response.end('{"head":1}');
      },
      await cedar.issue(),
    );
    const client = httpsPeerClient({ tls, members }, 'AlderMSP', EXCHANGE_MS);
    await expect(client.get(birch(url), '/v1/head')).rejects.toMatchObject({ code: 'CALLER_UNKNOWN' });
    await expect(client.post(birch(url), '/v1/heads', {})).rejects.toMatchObject({ code: 'CALLER_UNKNOWN' });
    expect(asked).toBe(0);
    const ofCedar = { mspId: mspId('CedarMSP', 'test'), url };
    expect(await client.get(ofCedar, '/v1/head')).toEqual({ head: 1 });
    await expect(client.get(birch(url), '/v1/head')).rejects.toMatchObject({ code: 'CALLER_UNKNOWN' });
    expect(asked).toBe(1);
    await client.close();
  });
});
