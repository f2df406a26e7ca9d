// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Custodian, IntentId, MspId } from '@tutela/chaincode/domain';
import { Members } from '@tutela/fabric';
import { testTlsAuthority } from '@tutela/fabric/testing';
import { partDag } from '@tutela/ipfs-cluster';
import { selfSigned, type TlsMaterial } from '../http/testing/self-signed.js';
import { createHttpsCustodians } from './https-custodians.js';

const ALDER = 'AlderMSP' as MspId;
const INTENT = 'in_aaaaaaaaaaaaaaaaaaaaaa' as IntentId;

/** Of which hospital a server's certificate is plays no part where this is used. */
const anyHospital = { isOf: () => Promise.resolve(true) };

let own: TlsMaterial;
let stranger: TlsMaterial;
let server: Server;
/** What the listener was asked for. */
const paths: string[] = [];

beforeAll(async () => {
  [own, stranger] = await Promise.all([selfSigned(), selfSigned()]);
});

afterEach(() => {
  server.close();
});

/** A custodian's listener that demands a client certificate and answers one thing. */
function listen(status: number, text: string): Promise<Custodian> {
  return listenWith((_path, answer) => {
    answer(status, text);
  });
}

/** A custodian's listener that demands a client certificate, and answers as it is told to or not at all. */
async function listenWith(
  hear: (path: string, answer: (status: number, text: string) => void) => void,
): Promise<Custodian> {
  paths.length = 0;
  server = createServer(
    { ...own, ca: own.cert, requestCert: true, rejectUnauthorized: true },
    ({ url = '' }, response) => {
      paths.push(url);
      hear(url, (status, text) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(text);
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  // Only the address counts here.
  return { url: `https://localhost:${port}`, mspId: 'AlderMSP' } as Custodian;
}

async function ask(custodian: Custodian, tls = { ...own, roots: () => own.cert }): Promise<unknown> {
  const custodians = createHttpsCustodians({ tls, members: anyHospital }, ALDER);
  try {
    return await custodians.release(custodian, { intentId: INTENT }, AbortSignal.timeout(5_000));
  } finally {
    await custodians.close();
  }
}

describe('a custodian over mutual TLS', () => {
  test('answers with replies and refusals', async () => {
    const segment = {
      recordId: 'rec_aaaaaaaaaaaaaaaaaaaaaa',
      version: 1,
      segmentId: 'seg_aaaaaaaaaaaaaaaaaaaaaa',
    };
    const refused = [{ segment, code: 'HELD' }];
    expect(await ask(await listen(200, JSON.stringify({ replies: [], refused })))).toEqual({
      replies: [],
      refused,
    });
  });

  test('that refuses is quoted by its code', async () => {
    const custodian = await listen(503, JSON.stringify({ code: 'PEER_STALE', message: 'x' }));
    await expect(ask(custodian)).rejects.toMatchObject({ code: 'PEER_STALE' });
  });

  test.each([
    ['a code that nobody knows', 403, JSON.stringify({ code: 'constructor' })],
    ['no JSON', 200, '<html>'],
    ['another shape', 200, JSON.stringify({ replies: [{}] })],
    ['too much', 200, JSON.stringify({ replies: [], pad: 'x'.repeat(2_000_000) })],
  ])('that answers %s is one that does not answer', async (_, status, answer) => {
    await expect(ask(await listen(status, answer))).rejects.toMatchObject({ code: 'TOO_FEW_CUSTODIANS' });
  });

  test('attack 5: that no hospital’s TLS authority vouches for, is not spoken to; nor is a stranger heard', async () => {
    const custodian = await listen(200, JSON.stringify({ replies: [] }));
    await expect(ask(custodian, { ...own, roots: () => stranger.cert })).rejects.toMatchObject({
      code: 'TOO_FEW_CUSTODIANS',
    });
    await expect(ask(custodian, { ...stranger, roots: () => own.cert })).rejects.toMatchObject({
      code: 'TOO_FEW_CUSTODIANS',
    });
  });

  test('whose hospital joins later is spoken to from then on', async () => {
    const custodian = await listen(200, JSON.stringify({ replies: [] }));
    let trusted = stranger.cert;
    const custodians = createHttpsCustodians(
      { tls: { ...own, roots: () => trusted }, members: anyHospital },
      ALDER,
    );
    const asked = () => custodians.release(custodian, { intentId: INTENT }, AbortSignal.timeout(5_000));
    await expect(asked()).rejects.toMatchObject({ code: 'TOO_FEW_CUSTODIANS' });
    trusted = own.cert;
    expect(await asked()).toEqual({ replies: [], refused: [] });
    await custodians.close();
  });
});

describe('a custodian that the ledger names', () => {
  test('attack 37: a server with a certificate of another hospital’s authority does not answer for a custodian', async () => {
    const [alder, birch] = await Promise.all([testTlsAuthority('alder'), testTlsAuthority('birch')]);
    const [client, ofBirch] = await Promise.all([alder.issue(), birch.issue()]);
    const roots = [alder.root, birch.root].join('\n');
    let asked = 0;
    server = createServer(
      { cert: ofBirch.certificate, key: ofBirch.privateKey, ca: roots, requestCert: true },
      (_, response) => {
        asked += 1;
        response.end(JSON.stringify({ kept: [] }));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    const url = `https://localhost:${(server.address() as AddressInfo).port}`;
    let authorityOfAlder = alder.root;
    let nowMs = 0;
    const entry = (mspId: string, root: Buffer) => ({
      ...{ mspId, certificates: [], tlsCertificates: [root], revocationLists: [] },
    });
    const memberAuthorities = () =>
      Promise.resolve([entry('AlderMSP', authorityOfAlder), entry('BirchMSP', birch.root)]);
    const members = new Members({ memberAuthorities }, () => nowMs);
    const tls = { cert: client.certificate, key: client.privateKey, roots: () => roots };
    const custodians = createHttpsCustodians({ tls, members }, ALDER);
    const at = (mspId: string) => ({ url, mspId }) as Custodian;
    const within = AbortSignal.timeout(5_000);
    const unanswered = { code: 'TOO_FEW_CUSTODIANS' };
    await expect(custodians.keptCopies(at('AlderMSP'), [], within)).rejects.toMatchObject(unanswered);
    await expect(custodians.release(at('AlderMSP'), { intentId: INTENT }, within)).rejects.toMatchObject(
      unanswered,
    );
    expect(asked).toBe(0);
    expect(await custodians.keptCopies(at('BirchMSP'), [], within)).toEqual([]);
    authorityOfAlder = birch.root;
    nowMs += 1_000;
    expect(await custodians.keptCopies(at('AlderMSP'), [], within)).toEqual([]);
    await custodians.close();
  });
});

describe('a custodian that is asked for copies', () => {
  const [first, second, foreign] = ['first', 'second', 'foreign'].map(
    (name) => partDag(Buffer.from(name)).cid,
  ) as [string, string, string];

  const askBoth = async (status: number, answer: object): Promise<readonly unknown[]> => {
    const custodian = await listen(status, JSON.stringify(answer));
    const custodians = createHttpsCustodians(
      { tls: { ...own, roots: () => own.cert }, members: anyHospital },
      ALDER,
    );
    const signal = AbortSignal.timeout(5_000);
    try {
      const answers = await Promise.allSettled([
        custodians.keepCopies(custodian, [first, second], signal),
        custodians.keptCopies(custodian, [first, second], signal),
      ]);
      return answers.map((one): unknown => (one.status === 'fulfilled' ? one.value : one.reason));
    } finally {
      await custodians.close();
    }
  };

  test('names those that its hospital keeps', async () => {
    expect(await askBoth(200, { kept: [second] })).toEqual([[second], [second]]);
    expect(paths).toEqual(['/v1/copies', '/v1/copies/questions']);
  });

  test('attack 40: a custodian’s answer about copies counts for no part that it was not asked for, and for none twice', async () => {
    const kept = [foreign, second, second, foreign];
    expect(await askBoth(200, { kept })).toEqual([[second], [second]]);
  });

  test.each([
    ['another shape', { kept: 'all' }],
    ['what is no identifier', { kept: [first, 'x'] }],
    ['more than anybody asks for', { kept: Array(201).fill(first) }],
  ])('and answers %s is one that does not answer', async (_, answer) => {
    const unanswered = { code: 'TOO_FEW_CUSTODIANS' };
    expect(await askBoth(200, answer)).toMatchObject([unanswered, unanswered]);
  });

  test('and refuses is quoted by its code', async () => {
    const refusal = { code: 'RATE_LIMITED' };
    expect(await askBoth(429, { ...refusal, message: 'x' })).toMatchObject([refusal, refusal]);
  });

  test('and does not answer holds up no release', async () => {
    const silent = new Set<string>();
    const custodian = await listenWith((path, answer) => {
      if (path.startsWith('/v1/copies')) silent.add(path);
      else answer(200, JSON.stringify({ replies: [] }));
    });
    const custodians = createHttpsCustodians(
      { tls: { ...own, roots: () => own.cert }, members: anyHospital },
      ALDER,
    );
    const leaving = new AbortController();
    const copies = Array.from({ length: 50 }, () =>
      custodians.keepCopies(custodian, [first], leaving.signal).catch(() => undefined),
    );
    const asked = custodians.release(custodian, { intentId: INTENT }, AbortSignal.timeout(5_000));
    expect(await asked).toEqual({ replies: [], refused: [] });
    leaving.abort();
    await Promise.all(copies);
    await custodians.close();
    expect(silent.size).toBe(1);
  });
});
