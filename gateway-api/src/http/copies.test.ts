// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { COPIES_IN_QUESTION_PATH, COPIES_PATH, DomainError, type ErrorCode } from '@tutela/chaincode/domain';
import { openCopyKeeper } from '@tutela/custodian/testing';
import { partDag } from '@tutela/ipfs-cluster';
import type { Copies } from '../services/copies.js';
import { createCopiesApp } from './copies.js';
import { createLogger } from './request-log.js';
import { listenUnix, type Listener } from '../listen.js';

const CEDAR = 'CedarMSP';
const PART = partDag(Buffer.from('a part')).cid;
const { signal } = new AbortController();

let folder: string;
let path: string;
let listener: Listener;
let keeper: ReturnType<typeof openCopyKeeper>;
let copies: Copies;
let kept: string[][];

beforeEach(async () => {
  kept = [];
  copies = {
    keep: (hospital, cid) => {
      kept.push([hospital, cid]);
      return Promise.resolve();
    },
    keeps: (cid) => Promise.resolve(kept.some((one) => one[1] === cid)),
    logCounts: () => undefined,
  };
  folder = await mkdtemp(join(tmpdir(), 'tutela-copies-'));
  path = join(folder, 'copies.sock');
  await writeFile(path, 'of a process that was killed');
  const doing: Copies = {
    keep: (...given) => copies.keep(...given),
    keeps: (...given) => copies.keeps(...given),
    logCounts: () => undefined,
  };
  const app = createCopiesApp({
    copies: doing,
    now: () => performance.now(),
    logger: createLogger('silent'),
  });
  listener = await listenUnix(app, path);
  keeper = openCopyKeeper(path);
});

afterEach(async () => {
  await keeper.close();
  await listener.close(0);
  await rm(folder, { recursive: true });
});

/** Sends what the custodian would not. */
async function send(
  method: string,
  target: string,
  body: string,
): Promise<Readonly<{ status: number; text: string }>> {
  const { promise, resolve, reject } = Promise.withResolvers<Readonly<{ status: number; text: string }>>();
  const sent = request({ socketPath: path, method, path: target }, (response) => {
    text(response).then((answer) => {
      resolve({ status: response.statusCode ?? 0, text: answer });
    }, reject);
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

describe('the socket on which the own custodian hands on what other hospitals ask', () => {
  test('the socket for copies belongs to its owner alone, replaces that of a dead process, and is removed at the end', async () => {
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await listener.close(0);
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('has a part kept for the hospital that asked, and says which are', async () => {
    expect(await keeper.keeps(PART, signal)).toBe(false);
    await keeper.keep(PART, CEDAR, signal);
    expect(kept).toEqual([[CEDAR, PART]]);
    expect(await keeper.keeps(PART, signal)).toBe(true);
  });

  test.each<[ErrorCode, ErrorCode]>([
    ['ERASED', 'NOT_FOUND'],
    ['NOT_FOUND', 'NOT_FOUND'],
    ['RATE_LIMITED', 'RATE_LIMITED'],
    ['STORAGE_UNAVAILABLE', 'STORAGE_UNAVAILABLE'],
    ['INTERNAL', 'STORAGE_UNAVAILABLE'],
  ])('%s reaches the custodian as %s', async (code, told) => {
    copies = { ...copies, keep: () => Promise.reject(new DomainError(code, 'refused')) };
    await expect(keeper.keep(PART, CEDAR, signal)).rejects.toMatchObject({ code: told });
  });

  test('a custodian that leaves ends what it asked for', async () => {
    const begun = Promise.withResolvers<undefined>();
    const ended = Promise.withResolvers<undefined>();
    copies = {
      ...copies,
      keep: (_hospital, _cid, left) => {
        begun.resolve(undefined);
        return new Promise((_, reject) => {
          left.addEventListener('abort', () => {
            ended.resolve(undefined);
            reject(new DomainError('STORAGE_UNAVAILABLE', 'left'));
          });
        });
      },
    };
    const leaving = new AbortController();
    const asked = keeper.keep(PART, CEDAR, leaving.signal);
    const outcome = expect(asked).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await begun.promise;
    leaving.abort();
    await outcome;
    await ended.promise;
  });

  test.each([
    ['POST', COPIES_PATH, '{', 400],
    ['POST', COPIES_PATH, JSON.stringify({ hospital: CEDAR }), 400],
    ['POST', COPIES_PATH, JSON.stringify({ hospital: '../x', part: PART }), 400],
    ['POST', COPIES_PATH, JSON.stringify({ hospital: CEDAR, part: 'no part' }), 400],
    ['POST', COPIES_PATH, JSON.stringify({ hospital: CEDAR, part: PART, other: 1 }), 400],
    ['POST', COPIES_IN_QUESTION_PATH, JSON.stringify({ part: 7 }), 400],
    ['POST', COPIES_PATH, ' '.repeat(1024 * 1024), 413],
    ['GET', COPIES_PATH, '', 404],
    ['POST', '/operator/systems', '{}', 404],
  ])(
    'attack 37: %s %s answers what is not as documented with a refusal (%#)',
    async (method, target, body, status) => {
      expect(await send(method, target, body)).toMatchObject({ status });
      expect(kept).toEqual([]);
    },
  );
});
