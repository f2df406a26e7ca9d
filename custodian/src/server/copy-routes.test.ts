// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DomainError, MAX_PARTS_IN_QUESTION, MAX_PARTS_TO_KEEP } from '@tutela/chaincode/domain';
import { Copies } from '../copies/copies.js';
import { openCopyKeeper } from '../copies/copy-keeper.js';
import { failureCode } from '../log.js';
import { InProcessNetwork } from '../testing/in-process-client.js';
import { MemoryKeeper } from '../testing/memory-keeper.js';
import { partCids } from '../testing/part-cids.js';
import { Scene } from '../testing/scene.js';
import { copyRoutes } from './copy-routes.js';
import type { Route } from './http.js';

const URL_OF_ALDER = 'https://alder.test:7000';

/** Asks a custodian, as a hospital. */
async function ask(
  network: InProcessNetwork,
  path: string,
  { body, as = 'BirchMSP', left }: Readonly<{ body: object; as?: string; left?: AbortSignal }>,
): Promise<unknown> {
  const sent = { body, as, ...(left && { left }) };
  return (await network.request('POST', `${URL_OF_ALDER}${path}`, sent)).body;
}

/** A custodian that keeps copies at a node in memory, to which the parts can be had. */
function custodianWith(
  ...existing: readonly string[]
): Readonly<{ network: InProcessNetwork; keeper: MemoryKeeper; routes: readonly Route[] }> {
  const keeper = new MemoryKeeper();
  for (const part of existing) keeper.existing.add(part);
  const network = new InProcessNetwork();
  const routes = copyRoutes({ copies: new Copies(keeper) });
  network.attach(URL_OF_ALDER, routes);
  return { network, keeper, routes };
}

describe('the routes for copies', () => {
  test('another hospital has parts kept, and asks which are', async () => {
    const parts = partCids(MAX_PARTS_TO_KEEP);
    const { network } = custodianWith(...parts);
    expect(await ask(network, '/v1/copies/questions', { body: { parts } })).toEqual({ kept: [] });
    expect(await ask(network, '/v1/copies', { body: { parts } })).toEqual({ kept: parts });
    const many = [...parts, ...partCids(MAX_PARTS_IN_QUESTION - parts.length, 'other')];
    expect(await ask(network, '/v1/copies/questions', { body: { parts: many } })).toEqual({ kept: parts });
  });

  test('attack 40: a hospital that asks for parts which exist nowhere keeps no other hospital’s part waiting', async () => {
    const [part = ''] = partCids(1);
    const { network } = custodianWith(part);
    const leaving = new AbortController();
    const hopeless = Array.from({ length: 20 }, (_, index) => {
      const body = { parts: partCids(MAX_PARTS_TO_KEEP, `nowhere ${String(index)}`) };
      const asked = ask(network, '/v1/copies', { body, as: 'CedarMSP', left: leaving.signal });
      return asked.catch((error: unknown) => failureCode(error));
    });
    expect(await ask(network, '/v1/copies', { body: { parts: [part] } })).toEqual({ kept: [part] });
    leaving.abort();
    const answers = await Promise.all(hopeless);
    expect(answers.filter((answer) => answer === 'RATE_LIMITED')).toHaveLength(16);
    expect(answers.filter((answer) => answer !== 'RATE_LIMITED')).toEqual(Array(4).fill({ kept: [] }));
  });

  test.each([
    ['/v1/copies', { parts: [] }],
    ['/v1/copies', { parts: partCids(MAX_PARTS_TO_KEEP + 1) }],
    ['/v1/copies', { parts: [...partCids(1), ...partCids(1)] }],
    ['/v1/copies', { parts: ['QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'] }],
    ['/v1/copies', { parts: partCids(1), deadlineMs: 1 }],
    ['/v1/copies/questions', { parts: partCids(MAX_PARTS_IN_QUESTION + 1) }],
    ['/v1/copies/questions', { parts: [7] }],
    ['/v1/copies/questions', {}],
  ])(
    'attack 37: %s refuses what is not as documented before it waits for anything (%#)',
    async (path, body) => {
      const { network, keeper } = custodianWith();
      keeper.isAway = true;
      await expect(ask(network, path, { body })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    },
  );

  test.each(['/v1/copies', '/v1/copies/questions'])(
    'attack 5: %s does nothing for a caller that is no member',
    async (path) => {
      const parts = partCids(1);
      const { keeper, routes } = custodianWith(...parts);
      const route = routes.find(({ pattern }) => pattern.test(path));
      const hospital = (): Promise<string> => Promise.reject(new DomainError('CALLER_UNKNOWN', 'no member'));
      const [query, { signal: left }] = [new URLSearchParams(), new AbortController()];
      const asked = async () =>
        route?.handle({ parameters: [], query, headers: {}, hospital, left, body: { parts } });
      await expect(asked()).rejects.toMatchObject({ code: 'CALLER_UNKNOWN' });
      expect(keeper.pinned.size).toBe(0);
    },
  );

  test('a custodian whose gateway is down starts, is ready and releases, and keeps no copy', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'no-gateway-'));
    const keeper = openCopyKeeper(join(folder, 'copies.sock'));
    const scene = await Scene.begin({ copyKeeper: () => keeper });
    try {
      const { network } = scene.consortium;
      const body = { parts: partCids(3) };
      for (const path of ['/v1/copies', '/v1/copies/questions']) {
        const asked = network.request('POST', `${scene.consortium.at(0).url}${path}`, {
          body,
          as: 'BirchMSP',
        });
        await expect(asked).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
      }
      expect(scene.consortium.custodian(0).health()).toMatchObject({ status: 'ok' });
      expect(await scene.tryRelease(0, (await scene.declare()).intentId)).toBe(1);
    } finally {
      await scene.end();
      await keeper.close();
      await rm(folder, { recursive: true });
    }
  });
});
