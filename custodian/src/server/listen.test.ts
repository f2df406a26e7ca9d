// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { connect as connectPlain, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mspId } from '@tutela/chaincode/domain';
import { FOR_INTERVALS, readNothing, type OpenedListener } from '@tutela/fabric/testing';
import { httpsPeerClient, type TlsMaterial } from '../peers/peer-client.js';
import { fixedRoots, RootsFile, type TrustedRoots } from '../peers/trusted-roots.js';
import { testTlsAuthority } from '../testing/test-tls.js';
import { HANDSHAKES_OF_AN_ADDRESS } from './handshakes.js';
import { serve } from './http.js';
import { CONNECTIONS_OF_A_HOSPITAL, listenForOperator, listenForPeers, type Listener } from './listen.js';
import { limitByAuthority } from './request-limit.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const handler = serve(
  [{ method: 'POST', pattern: /^\/ask$/, handle: ({ body }) => ({ status: 200, body: { body } }) }],
  silent,
);

const BIRCH = mspId('BirchMSP', 'test');
/** What a server's certificate says of its hospital plays no part here. */
const anyHospital = { isOf: () => Promise.resolve(true) };

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
  url = `https://localhost:${String(port)}`;
  listener = await listenForPeers(handler, own, { host: 'localhost', port });
});
afterEach(() => {
  jest.useRealTimers();
});
afterAll(() => listener.close());

async function ask(tls: TlsMaterial, at = url): Promise<unknown> {
  const client = httpsPeerClient({ tls, members: anyHospital }, 'AlderMSP');
  try {
    return await client.post({ mspId: BIRCH, url: at }, '/ask', { question: 1 });
  } finally {
    await client.close();
  }
}

function rootsOf(...pems: readonly Buffer[]): TrustedRoots {
  return fixedRoots(Buffer.from(pems.map((pem) => pem.toString()).join('\n')));
}

async function waitFor(holds: () => boolean): Promise<void> {
  for (let poll = 0; poll < 200 && !holds(); poll += 1)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(holds()).toBe(true);
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

async function openPeers(handle: RequestListener): Promise<OpenedListener> {
  const at = { host: 'localhost', port: await freePort() };
  const { close } = await listenForPeers(handle, own, at);
  const { certificate: cert, privateKey: key } = other;
  return {
    close,
    connect: async () => {
      const socket = connect({ ...at, cert, key, ca: own.roots.pem });
      await once(socket, 'secureConnect');
      return socket;
    },
  };
}

async function openSocket(handle: RequestListener): Promise<OpenedListener> {
  const folder = await mkdtemp(join(tmpdir(), 'socket-'));
  const { close } = await listenForOperator(handle, join(folder, 's'));
  return {
    close: async () => {
      await close();
      await rm(folder, { recursive: true });
    },
    connect: async () => {
      const socket = connectPlain(join(folder, 's'));
      await once(socket, 'connect');
      return socket;
    },
  };
}

describe('the listener for other hospitals', () => {
  test('answers a caller with a certificate of the consortium', async () => {
    expect(await ask(other)).toEqual({ body: { question: 1 } });
  });

  test('attack 5: without a certificate of the consortium there is no answer', async () => {
    await expect(ask({ ...stranger, roots: own.roots })).rejects.toThrow();
  });

  test('a custodian speaks to no server of another authority', async () => {
    await expect(ask({ ...other, roots: stranger.roots })).rejects.toThrow();
  });

  test('a hospital that joins: connections both ways without a restart, as soon as its authority is on the list', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'roots-'));
    const file = join(folder, 'roots.pem');
    await writeFile(file, own.roots.pem);
    const roots = await RootsFile.open(file, silent);
    const port = await freePort();
    const host = 'localhost';
    const growing = await listenForPeers(handler, { ...own, roots }, { host, port });
    const newcomer = { ...stranger, roots: own.roots };
    const askIt = () => ask(newcomer, `https://localhost:${String(port)}`);
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
    const client = httpsPeerClient({ tls: { ...other, roots }, members: anyHospital }, 'AlderMSP');
    const birch = { mspId: BIRCH, url };
    try {
      await expect(client.post(birch, '/ask', { question: 1 })).rejects.toThrow();
      pem = own.roots.pem;
      expect(await client.post(birch, '/ask', { question: 1 })).toEqual({ body: { question: 1 } });
    } finally {
      await client.close();
    }
  });

  test('attack 44: a hospital’s certificates share one limit, and do not use up another hospital’s', async () => {
    const [cedar, birch] = await Promise.all([testTlsAuthority('cedar'), testTlsAuthority('birch')]);
    const roots = rootsOf(cedar.root, birch.root, own.roots.pem);
    const limited = serve(
      [{ method: 'POST', pattern: /^\/ask$/, handle: () => ({ status: 200, body: {} }) }],
      silent,
      limitByAuthority(() => 0, 5),
    );
    const port = await freePort();
    const bounded = await listenForPeers(limited, { ...own, roots }, { host: 'localhost', port });
    const askIt = async (tls: TlsMaterial) =>
      ask({ ...tls, roots: own.roots }, `https://localhost:${String(port)}`).then(
        () => true,
        () => false,
      );
    try {
      const asked: boolean[] = [];
      while (asked.length < 8) asked.push(await askIt(await cedar.issue()));
      expect(asked).toEqual([true, true, true, true, true, false, false, false]);
      expect(await askIt(await birch.issue())).toBe(true);
    } finally {
      await bounded.close();
    }
  });

  test('attack 44: a hospital that keeps all its connections open leaves room for another', async () => {
    const cedar = await testTlsAuthority('cedar');
    const roots = rootsOf(cedar.root, own.roots.pem);
    const port = await freePort();
    const bounded = await listenForPeers(handler, { ...own, roots }, { host: 'localhost', port });
    const { certificate: cert, privateKey: key } = await cedar.issue();
    const open = (): Promise<TLSSocket> =>
      new Promise((resolve) => {
        const socket = connect({ host: 'localhost', port, cert, key, ca: own.roots.pem }, () => {
          resolve(socket);
        });
        socket.on('error', () => undefined);
      });
    const sockets = await Promise.all(Array.from({ length: CONNECTIONS_OF_A_HOSPITAL + 6 }, open));
    try {
      await waitFor(() => sockets.filter(({ closed }) => closed).length === 6);
      expect(await ask(other, `https://localhost:${String(port)}`)).toEqual({ body: { question: 1 } });
    } finally {
      for (const socket of sockets) socket.destroy();
      await bounded.close();
    }
  });

  test('attack 44: connections that show no certificate, without end, keep no hospital out', async () => {
    const port = await freePort();
    const bounded = await listenForPeers(handler, own, { host: 'localhost', port });
    const silentOnes: Socket[] = [];
    const openOne = (): Promise<void> =>
      new Promise((resolve) => {
        const socket = connectPlain(port, 'localhost', resolve);
        socket.on('error', resolve);
        silentOnes.push(socket);
      });
    try {
      while (silentOnes.length < 5_000) await Promise.all(Array.from({ length: 250 }, openOne));
      await waitFor(() => silentOnes.filter(({ closed }) => !closed).length <= HANDSHAKES_OF_AN_ADDRESS);
      expect(await ask(other, `https://localhost:${String(port)}`)).toEqual({ body: { question: 1 } });
    } finally {
      for (const socket of silentOnes) socket.destroy();
      await bounded.close();
    }
  });

  test('attack 44: connections that are reset as soon as they are open keep no hospital out', async () => {
    const port = await freePort();
    const bounded = await listenForPeers(handler, own, { host: 'localhost', port });
    const resetOne = (): Promise<void> =>
      new Promise((resolve) => {
        const socket = connectPlain(port, 'localhost', () => {
          socket.resetAndDestroy();
        });
        socket.on('error', () => undefined);
        socket.on('close', () => {
          resolve();
        });
      });
    try {
      for (let reset = 0; reset < 3_200; reset += 40) await Promise.all(Array.from({ length: 40 }, resetOne));
      expect(await ask(other, `https://localhost:${String(port)}`)).toEqual({ body: { question: 1 } });
    } finally {
      await bounded.close();
    }
  });

  test.each([
    ['the listener for other hospitals', openPeers],
    ['the operator’s socket', openSocket],
  ])('attack 44: a client that asks %s without end and reads no answer fills no memory', async (_, open) => {
    jest.useFakeTimers(FOR_INTERVALS);
    const advance = (ms: number): void => {
      jest.advanceTimersByTime(ms);
    };
    expect(await readNothing(open, '/v1/journal', advance)).toEqual({
      isHastyEnded: true,
      asked: 2,
      ended: 2,
    });
  });

  test('a socket path that the system would cut is refused with a code', async () => {
    await expect(listenForOperator(handler, `/tmp/${'x'.repeat(104)}`)).rejects.toThrow(
      'SOCKET_PATH_TOO_LONG',
    );
  });
});
