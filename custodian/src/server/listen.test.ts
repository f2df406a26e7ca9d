// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { httpsPeerClient, type TlsMaterial } from '../peers/peer-client.js';
import { RootsFile, type TrustedRoots } from '../peers/trusted-roots.js';
import { testTlsAuthority } from '../testing/test-tls.js';
import { serve } from './http.js';
import { listenForOperator, listenForPeers, type Listener } from './listen.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const handler = serve(
  [{ method: 'POST', pattern: /^\/ask$/, handle: ({ body }) => ({ status: 200, body: { body } }) }],
  silent,
);

let own: TlsMaterial;
let other: TlsMaterial;
let stranger: TlsMaterial;
let url: string;
let listener: Listener;

beforeAll(async () => {
  const consortium = await testTlsAuthority('consortium');
  [own, other] = await Promise.all([consortium.issue(), consortium.issue()]);
  stranger = await (await testTlsAuthority('elsewhere')).issue();
  const port = await freePort();
  url = `https://localhost:${String(port)}/ask`;
  listener = await listenForPeers(handler, own, { host: 'localhost', port });
});
afterAll(() => listener.close());

async function ask(tls: TlsMaterial, at = url): Promise<unknown> {
  const client = httpsPeerClient(tls);
  try {
    return await client.post(at, { question: 1 });
  } finally {
    await client.close();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, 'localhost', () => {
      const address = probe.address();
      probe.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}

describe('the listener for other hospitals', () => {
  test('answers who shows a certificate of the consortium', async () => {
    expect(await ask(other)).toEqual({ body: { question: 1 } });
  });

  test('attack 5: without a certificate of the consortium there is no answer', async () => {
    await expect(ask({ ...stranger, roots: own.roots })).rejects.toThrow();
  });

  test('a custodian speaks to no server of another authority', async () => {
    await expect(ask({ ...other, roots: stranger.roots })).rejects.toThrow();
  });

  test('a hospital that joins is heard, and spoken to, without a restart; its authority alone makes the difference', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'roots-'));
    const file = join(folder, 'roots.pem');
    await writeFile(file, own.roots.pem);
    const roots = await RootsFile.open(file, silent);
    const port = await freePort();
    const host = 'localhost';
    const growing = await listenForPeers(handler, { ...own, roots }, { host, port });
    const newcomer = { ...stranger, roots: own.roots };
    const askIt = () => ask(newcomer, `https://localhost:${String(port)}/ask`);
    try {
      await expect(askIt()).rejects.toThrow();
      const changed = new Promise<void>((resolve) => roots.onChange(resolve));
      await writeFile(file, [own, stranger].map(({ roots: { pem } }) => pem.toString()).join('\n'));
      await changed;
      expect(await askIt()).toEqual({ body: { question: 1 } });
    } finally {
      await growing.close();
      roots.close();
      await rm(folder, { recursive: true });
    }
  });

  test('a client trusts whom its roots name when it connects', async () => {
    let pem = stranger.roots.pem;
    const roots: TrustedRoots = {
      get pem() {
        return pem;
      },
      onChange: () => () => undefined,
    };
    const client = httpsPeerClient({ ...other, roots });
    try {
      await expect(client.post(url, { question: 1 })).rejects.toThrow();
      pem = own.roots.pem;
      expect(await client.post(url, { question: 1 })).toEqual({ body: { question: 1 } });
    } finally {
      await client.close();
    }
  });

  test('a socket path that the system would cut is refused with a code', async () => {
    await expect(listenForOperator(handler, `/tmp/${'x'.repeat(104)}`)).rejects.toThrow(
      'SOCKET_PATH_TOO_LONG',
    );
  });
});
