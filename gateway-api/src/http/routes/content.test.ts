// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DomainError, ERROR_CODES, type ErrorCode } from '@tutela/chaincode/domain';
import { TracedError } from '../../ledger/ledger.js';
import { RangeNotSatisfiable, type OpenedContent } from '../../services/open-record.js';
import { newId, openDoor, signIn, type Door } from '../testing/door.js';

const TX = '0'.repeat(64);
const intentId = newId('intent');
const text = 'potassium 4.1 mmol/l';

let door: Door;
let token: string;
let opened: () => Promise<Partial<OpenedContent>>;
let asked: unknown;

beforeEach(async () => {
  const open = async (_actor: unknown, of: unknown) => {
    asked = of;
    return { intentId, txId: TX, contentType: 'text/plain', accused: [], ...(await opened()) };
  };
  door = await openDoor({ services: { openRecord: { openSegment: open, openRecord: open } as never } });
  ({ token } = await signIn(door, ['records.read', 'intents.write']));
});
afterEach(() => door.close());

async function* pieces(...parts: readonly (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield await Promise.resolve(Buffer.from(part));
  }
}
const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${door.url}${path}`, { headers: { authorization: `Bearer ${token}`, ...headers } });
const segmentPath = () => `/v1/intents/${intentId}/content/${newId('segment')}`;

describe('content that may be opened', () => {
  test('streams byte for byte as a download of its type, with its intent and who was accused', async () => {
    opened = () =>
      Promise.resolve({
        size: text.length,
        body: pieces(text.slice(0, 5), text.slice(5)),
        accused: ['CedarMSP' as never],
      });
    const response = await get(segmentPath());
    expect(await response.text()).toBe(text);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...{
        'content-type': 'text/plain',
        'content-disposition': 'attachment',
        'content-length': String(text.length),
      },
      ...{ 'tutela-intent': intentId, 'tutela-accused': 'CedarMSP', 'cache-control': 'no-store' },
      ...{ 'x-content-type-options': 'nosniff', link: `</v1/transactions/${TX}>; rel="status"` },
    });
  });

  test('a large stream arrives whole', async () => {
    const megabyte = 'm'.repeat(1_048_576);
    opened = () => Promise.resolve({ body: pieces(...Array.from({ length: 32 }, () => megabyte)) });
    const digest = createHash('sha256');
    digest.update(await (await get(segmentPath())).bytes());
    expect(digest.digest('hex')).toBe(createHash('sha256').update(megabyte.repeat(32)).digest('hex'));
  });

  test('a range is asked for and answered as such', async () => {
    opened = () => Promise.resolve({ size: 20, range: { start: 10, end: 13 }, body: pieces('4.1') });
    const response = await get(segmentPath(), { range: 'bytes=10-12' });
    expect([response.status, response.headers.get('content-range')]).toEqual([206, 'bytes 10-12/20']);
    expect(asked).toMatchObject({ range: { first: 10, last: 12 } });
  });

  test('a range outside of it says how large it is', async () => {
    opened = () => Promise.reject(new RangeNotSatisfiable(20));
    const response = await get(segmentPath(), { range: 'bytes=99-' });
    expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */20']);
  });

  test.each(['bytes=a-b', 'bytes=5-2', 'bytes=-', 'bytes=0-1,4-5', 'items=0-1'])(
    'the range %s is refused',
    async (range) => {
      expect((await get(segmentPath(), { range })).status).toBe(400);
    },
  );

  test('an emergency is named by its id', async () => {
    const emergencyId = newId('emergency');
    opened = () => Promise.resolve({ body: pieces('x') });
    await get(
      `/v1/records/${newId('record')}/content?purpose=BTG&emergencyId=${emergencyId}&category=summary`,
    );
    expect(asked).toMatchObject({
      ...{ purpose: 'BTG', basis: { kind: 'emergency', emergencyId }, categories: ['summary'] },
    });
  });

  test('content that turns out bad half-way never looks whole', async () => {
    opened = () =>
      Promise.resolve({
        size: 10,
        body: pieces('12345', new DomainError('CONTENT_CORRUPT', 'a part is bad')),
      });
    const read = async () => (await get(segmentPath())).text();
    await expect(read()).rejects.toThrow();
  });

  test('content that is bad from its first byte is refused with its code and without its cause', async () => {
    opened = () => Promise.resolve({ body: pieces(new DomainError('CONTENT_CORRUPT', 'part 3 of bafy')) });
    const response = await get(segmentPath());
    expect(response.status).toBe(502);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ code: 'CONTENT_CORRUPT' });
    expect(body).not.toContain('bafy');
  });
});

describe('attack 18: a record that one may not see', () => {
  const hidden: readonly ErrorCode[] = [
    ...(['NOT_FOUND', 'NO_CONSENT', 'CONSENT_DENIED', 'READS_EXHAUSTED', 'ROLE_NOT_ENTITLED'] as const),
    ...(['OUTSIDE_SCOPE', 'HELD', 'ERASED'] as const),
  ];

  test('answers the same bytes, whatever the reason', async () => {
    const answers = new Set<string>();
    for (const code of hidden) {
      opened = () => Promise.reject(new DomainError(code, `because of ${code}`));
      const response = await get(`/v1/records/${newId('record')}/content?purpose=TREAT`);
      const headers = [...response.headers].filter(([name]) => !/^(date|ratelimit)/.test(name));
      answers.add(JSON.stringify([response.status, headers, await response.text()]));
    }
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).toContain('NOT_FOUND');
  });

  test('names the transaction of a recorded refusal in the same way for all', async () => {
    const shapes = new Set<string>();
    for (const code of ['NOT_FOUND', 'CONSENT_DENIED'] as const) {
      opened = () => Promise.reject(new TracedError(code, code, { txId: TX as never, intentId }));
      const response = await get(`/v1/records/${newId('record')}/content?purpose=TREAT`);
      shapes.add(await response.text());
    }
    expect([...shapes].map((shape) => JSON.parse(shape) as unknown)).toEqual([
      {
        ...{ type: 'about:blank', title: 'There is nothing here that you may see.', status: 404 },
        ...{ code: 'NOT_FOUND', txId: TX, intentId },
      },
    ]);
  });
});

describe('every code of the ledger', () => {
  test.each(ERROR_CODES)('%s becomes a problem, and a 5xx says nothing of its cause', async (code) => {
    opened = () => Promise.reject(new DomainError(code, 'Zebedee lives at 10.0.0.7'));
    const response = await get(`/v1/records/${newId('record')}/content?purpose=TREAT`);
    const body = await response.text();
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status: response.status, type: 'about:blank' });
    if (response.status >= 500 || response.status === 404) expect(body).not.toContain('Zebedee');
    else expect(JSON.parse(body)).toMatchObject({ code });
  });

  test('an error that nobody foresaw is an internal one', async () => {
    opened = () => Promise.reject(new TypeError('undefined is not Zebedee'));
    const response = await get(`/v1/records/${newId('record')}/content?purpose=TREAT`);
    expect(await response.json()).toEqual({
      ...{ type: 'about:blank', title: 'Something failed here; the operator has been told.', status: 500 },
      code: 'INTERNAL',
    });
  });
});
