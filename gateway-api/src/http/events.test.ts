// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { LedgerEvent, Scope } from '@tutela/chaincode/domain';
import type { FeedItem } from '../projection/feed.js';
import { ALDER, newId, openDoor, signIn, type Door, type DoorOptions } from './testing/door.js';

const home = newId('handle');
const abroad = newId('handle');
const TX = '0'.repeat(64);
let door: Door;
afterEach(async () => {
  jest.restoreAllMocks();
  await door.close();
});

const event = (act: string, mspId: string, id: string, more: object = {}): LedgerEvent =>
  ({
    ...{ v: 1, txId: TX, at: '2026-01-31T08:00:00.000Z', act, outcome: 'refused', codes: ['NO_CONSENT'] },
    ...{ actor: { mspId, id, role: 'physician' }, recordIds: [newId('record')] },
    ...more,
  }) as unknown as LedgerEvent;

async function follow(events: readonly LedgerEvent[], scopes: readonly Scope[], options: DoorOptions = {}) {
  const subscribed: unknown[] = [];
  door = await openDoor({
    homeOf: (handle) => Promise.resolve(handle === home ? ALDER : undefined),
    feed: {
      async *subscribe(signal, lastEventId): AsyncGenerator<FeedItem> {
        subscribed.push(lastEventId);
        for (const [place, one] of events.entries())
          yield await Promise.resolve({ id: `b${place}`, event: one });
        if (options.heartbeatMs !== undefined) await once(signal, 'abort');
      },
    },
    ...options,
  });
  const signedIn = await signIn(door, scopes);
  const headers = { authorization: `Bearer ${signedIn.token}` };
  return { ...signedIn, subscribed, headers };
}

function acts(text: string): readonly string[] {
  return [...text.matchAll(/"act":"([a-z-]+)"/g)].map(([, act]) => act ?? '');
}

describe('the events that a session is told', () => {
  const events = [
    event('consent-revoked', 'BirchMSP', 'pr_x', { handle: home }),
    event('consent-granted', 'BirchMSP', 'pr_x', { handle: abroad }),
    event('record-registered', 'AlderMSP', 'pr_x', { handle: home }),
    event('intent-declared', 'AlderMSP', 'pr_x', { handle: home }),
    event('audit-read', 'AlderMSP', 'pr_x', { handle: home }),
    event('emergency-opened', 'CedarMSP', 'pr_x', { handle: home }),
    event('custody-activated', 'CedarMSP', 'custodian'),
  ];

  test('are its hospital’s, within its scopes', async () => {
    const { headers } = await follow(events, ['consents.read']);
    const response = await fetch(`${door.url}/v1/events`, { headers });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(acts(await response.text())).toEqual(['consent-revoked', 'custody-activated']);
  });

  test('another scope tells other acts, and none tells who read what or which records there are', async () => {
    const { headers } = await follow(events, ['emergencies.write', 'audit.read', 'records.read']);
    const text = await (await fetch(`${door.url}/v1/events`, { headers })).text();
    expect(acts(text)).toEqual(['emergency-opened', 'custody-activated']);
    expect(text).not.toMatch(/rec_|NO_CONSENT|pr_x/);
    expect(text).not.toContain(abroad);
  });

  test('without a token there are none', async () => {
    await follow(events, ['consents.read']);
    expect((await fetch(`${door.url}/v1/events`)).status).toBe(401);
  });

  test('go on after Last-Event-ID, and an odd one is refused', async () => {
    const { headers, subscribed } = await follow(events, ['consents.read']);
    const text = await (
      await fetch(`${door.url}/v1/events`, { headers: { ...headers, 'last-event-id': 'b0' } })
    ).text();
    expect(subscribed).toEqual(['b0']);
    expect(text).toContain('id: b6\n');
    const odd = await fetch(`${door.url}/v1/events`, {
      headers: { ...headers, 'last-event-id': 'x'.repeat(300) },
    });
    expect(odd.status).toBe(400);
  });

  test('attack 15: a stream that was opened before a suspension ends with the next heartbeat', async () => {
    const { headers, practitionerId } = await follow([], ['consents.read'], { heartbeatMs: 50 });
    const response = await fetch(`${door.url}/v1/events`, { headers });
    const reader = response.body?.getReader();
    let text = '';
    while (!text.includes(': beat')) text += Buffer.from((await reader?.read())?.value ?? []).toString();
    door.world.setPractitionerStatus(practitionerId, 'suspended');
    for (;;) if ((await reader?.read())?.done !== false) break;
    expect((await fetch(`${door.url}/v1/events`, { headers })).status).toBe(401);
  });

  test('attack 44: nothing is written to a stream that has ended, however long its heartbeats take', async () => {
    const unread = Array.from({ length: 100 }, () =>
      event('consent-revoked', 'BirchMSP', 'pr_x', { handle: home, txId: 'x'.repeat(20_000) }),
    );
    // Several heartbeats are under way when so much is written at once that the stream is cut.
    const soon = setTimeout(400, ALDER);
    const options = { heartbeatMs: 20, homeOf: () => soon };
    const { headers } = await follow(unread, ['consents.read'], options);
    const practitioner = door.world.practitioner.bind(door.world);
    jest.spyOn(door.world, 'practitioner').mockImplementation(async (id) => {
      await setTimeout(50);
      return practitioner(id);
    });
    const writes: boolean[] = [];
    const write = Reflect.get(ServerResponse.prototype, 'write') as (text: string) => boolean;
    jest.spyOn(ServerResponse.prototype, 'write').mockImplementation(function (this: ServerResponse, text) {
      writes.push(this.writableEnded);
      return !this.writableEnded && write.call(this, text as string);
    });
    const client = connect(door.port, '127.0.0.1').pause();
    client.write(`GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: ${headers.authorization}\r\n\r\n`);
    await setTimeout(1_000);
    client.destroy();
    expect([writes.length > 5, writes.filter(Boolean)]).toEqual([true, []]);
  });

  test('attack 31: a client has a limited number of streams', async () => {
    const { headers } = await follow([], ['consents.read'], {
      heartbeatMs: 1000,
      limits: { concurrentEventStreams: 2 },
    });
    const open = () => fetch(`${door.url}/v1/events`, { headers });
    expect([(await open()).status, (await open()).status, (await open()).status]).toEqual([200, 200, 429]);
  });
});
