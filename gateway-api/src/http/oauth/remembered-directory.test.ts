// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Act, EnrolmentId, Practitioner, Status } from '@tutela/chaincode/domain';
import type { FeedItem } from '../../projection/feed.js';
import { Mailbox } from '../../testing/mailbox.js';
import type { Directory } from './directory.js';
import { rememberedDirectory, type RememberedDirectory } from './remembered-directory.js';

const id = 'pr_aaaaaaaaaaaaaaaaaaaaaa' as EnrolmentId;

let status: Status | undefined;
let questions: number;
let nowMs: number;
let directory: RememberedDirectory;

beforeEach(() => {
  status = 'active';
  questions = 0;
  nowMs = 0;
  const practitioner = (): ReturnType<Directory['practitioner']> => {
    questions += 1;
    return Promise.resolve(status === undefined ? undefined : ({ status } as Practitioner));
  };
  directory = rememberedDirectory({ practitioner } as unknown as Directory, () => nowMs);
});

/** Lets the directory heed a feed; returns how to publish an act there, and how to end it. */
function heed(): Readonly<{ publish: (act: Act) => Promise<void>; end: () => Promise<void> }> {
  const stop = new AbortController();
  const events = new Mailbox<FeedItem>(stop.signal);
  const heeding = directory.heed({ subscribe: () => events }, stop.signal);
  return {
    publish: async (act) => {
      events.put({ event: { act } as FeedItem['event'] });
      await new Promise(setImmediate);
    },
    end: async () => {
      stop.abort();
      await heeding;
    },
  };
}

const statusNow = async (): Promise<Status | undefined> => (await directory.practitioner(id))?.status;

describe('a directory that remembers', () => {
  test('asks once while nothing happens that may change the answer', async () => {
    const { publish, end } = heed();
    await statusNow();
    await publish('consent-granted');
    await statusNow();
    expect(questions).toBe(1);
    await end();
  });

  test.each(['practitioner-changed', 'system-changed', 'hospital-registered'] as const)(
    'attack 8: asks anew after %s: who was suspended is refused',
    async (act) => {
      const { publish, end } = heed();
      await statusNow();
      status = 'suspended';
      await publish(act);
      expect(await statusNow()).toBe('suspended');
      await end();
    },
  );

  test('asks anew when it is told to, and after ten seconds', async () => {
    const { end } = heed();
    await statusNow();
    directory.forget();
    await statusNow();
    nowMs = 10_000;
    await statusNow();
    expect(questions).toBe(3);
    await end();
  });

  test('remembers nothing while it hears nothing, before and after', async () => {
    await statusNow();
    await statusNow();
    const { end } = heed();
    await end();
    await statusNow();
    await statusNow();
    expect(questions).toBe(4);
  });

  test('takes the feed up again when it was cut off, and remembers nothing in between', async () => {
    const stop = new AbortController();
    const first = new AbortController();
    const feeds = [new Mailbox<FeedItem>(first.signal), new Mailbox<FeedItem>(stop.signal)];
    let subscriptions = 0;
    const subscribe = (): Mailbox<FeedItem> => feeds[subscriptions++] ?? new Mailbox(stop.signal);
    const heeding = directory.heed({ subscribe }, stop.signal);
    first.abort();
    await new Promise(setImmediate);
    await statusNow();
    await statusNow();
    expect(questions).toBe(2);
    while (subscriptions < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    await statusNow();
    await statusNow();
    expect(questions).toBe(3);
    stop.abort();
    await heeding;
  });

  test('keeps no absence: who is registered next is known next', async () => {
    const { end } = heed();
    status = undefined;
    expect(await statusNow()).toBeUndefined();
    status = 'active';
    expect(await statusNow()).toBe('active');
    await end();
  });
});
