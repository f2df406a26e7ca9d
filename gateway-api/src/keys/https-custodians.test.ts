// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Custodian, IntentId, MspId } from '@tutela/chaincode/domain';
import { selfSigned, type TlsMaterial } from '../http/testing/self-signed.js';
import { createHttpsCustodians } from './https-custodians.js';

const ALDER = 'AlderMSP' as MspId;
const INTENT = 'in_aaaaaaaaaaaaaaaaaaaaaa' as IntentId;

let own: TlsMaterial;
let stranger: TlsMaterial;
let server: Server;

beforeAll(async () => {
  [own, stranger] = await Promise.all([selfSigned(), selfSigned()]);
});

afterEach(() => {
  server.close();
});

/** A custodian's listener that demands a client certificate and answers one thing. */
async function listen(status: number, answer: string): Promise<Custodian> {
  server = createServer(
    { ...own, ca: own.cert, requestCert: true, rejectUnauthorized: true },
    (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  // Only the address counts here.
  return { url: `https://localhost:${port}`, mspId: 'AlderMSP' } as Custodian;
}

async function ask(custodian: Custodian, tls = { ...own, roots: () => own.cert }): Promise<unknown> {
  const custodians = createHttpsCustodians(tls, ALDER);
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
    const custodians = createHttpsCustodians({ ...own, roots: () => trusted }, ALDER);
    const asked = () => custodians.release(custodian, { intentId: INTENT }, AbortSignal.timeout(5_000));
    await expect(asked()).rejects.toMatchObject({ code: 'TOO_FEW_CUSTODIANS' });
    trusted = own.cert;
    expect(await asked()).toEqual({ replies: [], refused: [] });
    await custodians.close();
  });
});
