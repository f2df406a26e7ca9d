// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MAX_CONTENT_BYTES } from '../services/store-record.js';
import { newId, openDoor, signIn, type Door } from './testing/door.js';

let door: Door;
let token: string;
const services = {
  registry: {
    listHospitals: () => Promise.resolve([]),
    registerPatient: () => Promise.reject(new Error('x')),
  } as never,
};

beforeEach(async () => {
  door = await openDoor({ services });
  ({ token } = await signIn(door, ['registry.read', 'patients.write', 'consents.read']));
});
afterEach(() => door.close());

const post = (path: string, body: RequestInit['body'], headers: Record<string, string> = {}) =>
  fetch(`${door.url}${path}`, {
    ...{ method: 'POST', body: body ?? null },
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
  });
const codeOf = async (response: Response) => {
  const { code } = (await response.json()) as { code: string };
  return [response.status, code];
};

/** Speaks HTTP by hand and answers everything that came back until the other side closed. */
async function raw(lines: readonly string[], body = ''): Promise<string> {
  const socket = connect(door.port, '127.0.0.1');
  let answer = '';
  socket.on('data', (data: Buffer) => (answer += data.toString('latin1')));
  socket.on('error', () => undefined);
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  await Promise.race([once(socket, 'close'), wait(15_000, undefined, { ref: false })]);
  socket.destroy();
  return answer;
}

describe('attack 31: bodies that are too much', () => {
  test('256 KiB of JSON are read, one byte more is refused, declared or not', async () => {
    const padded = (bytes: number) => `{"x":"${'a'.repeat(bytes - 8)}"}`;
    expect(await codeOf(await post('/v1/patients', padded(262_144)))).toEqual([400, 'BAD_REQUEST']);
    expect(await codeOf(await post('/v1/patients', padded(262_145)))).toEqual([413, 'TOO_LARGE']);
    const chunked = await raw(
      [
        ...['POST /v1/patients HTTP/1.1', 'host: x', `authorization: Bearer ${token}`, 'connection: close'],
        ...['content-type: application/json', 'transfer-encoding: chunked'],
      ],
      `50000\r\n${'a'.repeat(0x50000)}\r\n0\r\n\r\n`,
    );
    expect(chunked).toContain('413');
  });

  test.each([
    ['a content', 'POST /v1/records?handle={handle}&month=2026-01&category=imaging', []],
    ['an upload', 'PATCH /v1/uploads/up_1', ['upload-offset: 0']],
    ['an upload with what it has', 'PATCH /v1/uploads/up_1', ['upload-offset: 1']],
  ])('%s of more bytes than a content may have is refused when its length is announced', async (...given) => {
    const [, request, headers] = given;
    const [offset = 0] = headers.map((header) => Number(header.split(': ')[1]));
    const readAll = async (body: AsyncIterable<Uint8Array>) => {
      for await (const piece of body) throw new Error(`${piece.length} bytes were read`);
    };
    const storing = await openDoor({
      services: {
        storeRecord: { storeContent: (...[, , body]: readonly never[]) => readAll(body as never) } as never,
        uploads: { append: (...[, , , body]: readonly never[]) => readAll(body as never) } as never,
      },
    });
    try {
      const bearer = (await signIn(storing, ['records.write'])).token;
      const announced = async (bytes: number) => {
        const socket = connect(storing.port, '127.0.0.1');
        const lines = [
          ...[`${request.replace('{handle}', newId('handle'))} HTTP/1.1`, 'host: x', ...headers],
          ...[`authorization: Bearer ${bearer}`, `idempotency-key: ${newId('handle')}`],
          ...['content-type: application/octet-stream', `content-length: ${bytes}`, 'connection: close'],
        ];
        socket.write(`${lines.join('\r\n')}\r\n\r\n`);
        const answered = once(socket, 'data').then(([data]) => String(data));
        const answer = await Promise.race([answered, wait(1_000, 'nothing', { ref: false })]);
        socket.destroy();
        return answer.slice(0, 'HTTP/1.1 413'.length);
      };
      expect(await announced(MAX_CONTENT_BYTES - offset)).toBe('nothing');
      expect(await announced(MAX_CONTENT_BYTES - offset + 1)).toBe('HTTP/1.1 413');
    } finally {
      await storing.close();
    }
  });

  test('duplicate keys, deep nesting and foreign encodings are refused', async () => {
    const bodies = ['{"a":1,"a":2}', '['.repeat(5000), '\ufeff{}', Buffer.from([0x22, 0xff, 0x22])];
    for (const body of bodies)
      expect(await codeOf(await post('/v1/patients', body))).toEqual([400, 'BAD_REQUEST']);
  });

  test('a compressed body is refused unread', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    const response = await post('/v1/patients', bomb, { 'content-encoding': 'gzip' });
    expect(await codeOf(response)).toEqual([415, 'BAD_REQUEST']);
  });

  test('another content type than JSON is refused', async () => {
    const response = await post('/v1/patients', 'a=b', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(await codeOf(response)).toEqual([415, 'BAD_REQUEST']);
  });

  test('a drip ends in a refusal and a closed connection', async () => {
    const started = performance.now();
    const answer = await raw([
      ...['POST /v1/patients HTTP/1.1', 'host: x', `authorization: Bearer ${token}`],
      ...['content-type: application/json', 'content-length: 100000'],
    ]);
    expect(answer).toContain('408');
    expect(performance.now() - started).toBeLessThan(12_000);
  });

  test('an address of more than 4096 characters is not found', async () => {
    expect((await fetch(`${door.url}/healthz?${'a'.repeat(5000)}`)).status).toBe(404);
  });
});

describe('attack 31: requests that are too many', () => {
  test('the requests of one client at once are limited, its neighbour is served', async () => {
    const held = Promise.withResolvers<readonly never[]>();
    const waiting = { registry: { listHospitals: () => held.promise } as never };
    const narrow = await openDoor({ services: waiting, limits: { concurrentRequests: 2 } });
    try {
      const [one, other] = [await signIn(narrow, ['registry.read']), await signIn(narrow, ['registry.read'])];
      const ask = (bearer: string) =>
        fetch(`${narrow.url}/v1/hospitals`, { headers: { authorization: `Bearer ${bearer}` } });
      const first = [ask(one.token), ask(one.token)];
      await wait(200);
      expect((await ask(one.token)).status).toBe(429);
      const neighbour = ask(other.token);
      held.resolve([]);
      expect((await neighbour).status).toBe(200);
      for (const response of await Promise.all(first)) expect(response.status).toBe(200);
      expect((await ask(one.token)).status).toBe(200);
    } finally {
      await narrow.close();
    }
  });

  test('attack 34: many tokens of one client share one rate, its neighbour has an own', async () => {
    const slow = await openDoor({ services, limits: { requestsPerMinute: 3 } });
    try {
      const { client, practitionerId } = await signIn(slow, ['registry.read']);
      const neighbour = await signIn(slow, ['registry.read']);
      const session = { clientId: client.clientId, practitionerId, scopes: ['registry.read'] as const };
      const system = slow.world.systems.get(client.clientId);
      if (system === undefined) throw new Error('the client is not registered');
      const statuses: number[] = [];
      for (let i = 0; i < 5; i += 1) {
        const fresh = await slow.tokens.issue({ ...session, mspId: system.mspId });
        const headers = { authorization: `Bearer ${fresh}` };
        statuses.push((await fetch(`${slow.url}/v1/hospitals`, { headers })).status);
      }
      expect(statuses).toEqual([200, 200, 200, 429, 429]);
      const headers = { authorization: `Bearer ${neighbour.token}` };
      expect((await fetch(`${slow.url}/v1/hospitals`, { headers })).status).toBe(200);
    } finally {
      await slow.close();
    }
  });

  test('failed sign-ins of one address are limited', async () => {
    const strict = await openDoor({ limits: { failedAuthenticationsPerMinute: 3 } });
    try {
      const statuses: number[] = [];
      for (let i = 0; i < 4; i += 1) statuses.push((await fetch(`${strict.url}/v1/hospitals`)).status);
      expect(statuses).toEqual([401, 401, 401, 429]);
    } finally {
      await strict.close();
    }
  });
});

describe('attack 32: what is sent to confuse', () => {
  test('a path that climbs, a null byte and an odd id are not found or malformed, never an internal error', async () => {
    const paths = [
      '/v1/patients/..%2f..%2fetc',
      '/v1/patients/%00',
      '/v1/patients/%ff',
      '/v1/patients/pt_x',
      '/v1/x',
    ];
    for (const path of paths) {
      const response = await fetch(`${door.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
      expect([400, 404]).toContain(response.status);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
    }
  });

  test('a query parameter that is unknown, repeated or an object is refused', async () => {
    const handle = newId('handle');
    for (const query of [
      `handle=${handle}&x=1`,
      `handle=${handle}&handle=${handle}`,
      `handle[a]=${handle}`,
    ]) {
      const response = await fetch(`${door.url}/v1/consents?${query}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(await codeOf(response)).toEqual([400, 'BAD_REQUEST']);
    }
  });

  test('two lengths, or a length and chunks, are refused by the parser', async () => {
    const head = ['POST /oauth/token HTTP/1.1', 'host: x', 'content-length: 5'];
    for (const second of ['content-length: 6', 'transfer-encoding: chunked'])
      expect(await raw([...head, second], '0\r\n\r\n')).toContain('400');
  });

  test('a method that a path does not know says which it knows', async () => {
    const response = await fetch(`${door.url}/v1/patients`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('HEAD opens nothing: what is read is asked for by GET alone', async () => {
    const headers = { authorization: `Bearer ${token}` };
    for (const path of [
      '/v1/hospitals',
      `/v1/records/${newId('record')}/content?purpose=TREAT`,
      '/v1/events',
    ]) {
      const response = await fetch(`${door.url}${path}`, { method: 'HEAD', headers });
      expect([path, response.status, response.headers.get('allow')]).toEqual([path, 405, 'GET']);
    }
  });

  test('__proto__ in a body changes nothing', async () => {
    const response = await post('/v1/patients', '{"__proto__":{"polluted":true}}');
    expect(await codeOf(response)).toEqual([400, 'BAD_REQUEST']);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});
