// SPDX-License-Identifier: Apache-2.0
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newId, openDoor, signIn, type Door } from './testing/door.js';

const handle = newId('handle');
let door: Door;
let token: string;
let stored: string[];
let failOnce: boolean;
let gate: Promise<undefined> | undefined;

beforeEach(async () => {
  stored = [];
  failOnce = false;
  gate = undefined;
  const storeContent = async (
    ...[, , body, attempt]: [unknown, unknown, AsyncIterable<Uint8Array>, { seed: Uint8Array }]
  ) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    await gate;
    if (failOnce) {
      failOnce = false;
      throw new Error('killed');
    }
    stored.push(Buffer.concat(chunks).toString());
    return { recordId: Buffer.from(attempt.seed).toString('hex'), version: 1, txId: '0'.repeat(64) };
  };
  door = await openDoor({ services: { storeRecord: { storeContent } as never } });
  ({ token } = await signIn(door, ['records.write']));
});
afterEach(() => door.close());

const store = async (body: string, key: string, options: { category?: string; bearer?: string } = {}) => {
  const query = `handle=${handle}&month=2026-01&category=${options.category ?? 'notes'}`;
  const response = await fetch(`${door.url}/v1/records?${query}`, {
    ...{ method: 'POST', body },
    headers: {
      ...{ authorization: `Bearer ${options.bearer ?? token}`, 'idempotency-key': key },
      'content-type': 'text/plain',
    },
  });
  return { status: response.status, text: await response.text() };
};

describe('attack 33: one key, many requests', () => {
  test('the same request is carried out once and answered alike', async () => {
    const first = await store('note', 'k1');
    expect(first.status).toBe(201);
    expect(await store('note', 'k1')).toEqual(first);
    expect(stored).toEqual(['note']);
  });

  test('the same key with another body, or other parameters, is a conflict', async () => {
    await store('note', 'k1');
    for (const other of [await store('forged', 'k1'), await store('note', 'k1', { category: 'summary' })])
      expect([other.status, JSON.parse(other.text)]).toMatchObject([409, { code: 'CONFLICT' }]);
    expect(stored).toEqual(['note']);
  });

  test('a retry after a failure goes on under the same seed', async () => {
    failOnce = true;
    expect((await store('note', 'k1')).status).toBe(500);
    const second = await store('note', 'k1');
    expect(second.status).toBe(201);
    expect(await store('note', 'k1')).toEqual(second);
  });

  test('of two clients racing with one key each has an own', async () => {
    const neighbour = await signIn(door, ['records.write']);
    const [mine, theirs] = await Promise.all([
      store('mine', 'k1'),
      store('theirs', 'k1', { bearer: neighbour.token }),
    ]);
    expect([mine.status, theirs.status]).toEqual([201, 201]);
    expect([...stored].sort()).toEqual(['mine', 'theirs']);
  });

  test('of two requests racing with one key one is carried out', async () => {
    const open = Promise.withResolvers<undefined>();
    gate = open.promise;
    const first = store('note', 'k1');
    await wait(200);
    const second = await store('note', 'k1');
    open.resolve(undefined);
    expect([(await first).status, second.status]).toEqual([201, 409]);
    expect(stored).toEqual(['note']);
  });

  test.each(['', 'with space', 'x'.repeat(129), 'smuggled, header'])('the key %p is refused', async (key) => {
    expect((await store('note', key)).status).toBe(400);
    expect(stored).toEqual([]);
  });
});
