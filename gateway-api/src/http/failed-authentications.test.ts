// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { claimedClientOf, FailedAuthentications } from './failed-authentications.js';
import { DEFAULT_LIMITS } from './limits.js';

const limits = {
  ...DEFAULT_LIMITS,
  failedAuthenticationsPerMinute: 20,
};
const proxy = '192.0.2.1';

function limiter() {
  let nowMs = 0;
  const failures = new FailedAuthentications(limits, () => nowMs);
  const from = (address: string, client: string | undefined, succeeds: boolean) =>
    failures
      .try(
        { address, client },
        () => (succeeds ? Promise.resolve('in') : Promise.reject(new Error('refused'))),
        () => true,
      )
      .catch((error: unknown) =>
        error instanceof Error && error.message === 'refused' ? 'refused' : 'busy',
      );
  return { failures, from, later: (ms: number) => (nowMs += ms) };
}

describe('attack 44: failed authentications', () => {
  test('under the name of a client that is known at the address shut nobody out, least of all that client', async () => {
    const { from, later } = limiter();
    expect(await from(proxy, 'sy_honest', true)).toBe('in');
    for (let count = 0; count < 100; count += 1)
      expect(await from(proxy, 'sy_honest', false)).toBe('refused');
    expect(await from(proxy, 'sy_honest', true)).toBe('in');
    expect(await from(proxy, 'sy_new', true)).toBe('busy');
    expect(await from('198.51.100.7', 'sy_new', true)).toBe('in');
    later(60_000);
    expect(await from(proxy, 'sy_new', true)).toBe('in');
  });

  test('make no name known, and above the limit few are tried at once', async () => {
    const { from, failures } = limiter();
    expect(await from(proxy, 'sy_honest', true)).toBe('in');
    for (let count = 0; count < 20; count += 1) await from(proxy, 'sy_m', false);
    expect(await from(proxy, 'sy_m', true)).toBe('busy');
    const hanging = Promise.withResolvers<string>();
    const attempt = () =>
      failures.try(
        { address: proxy, client: 'sy_honest' },
        () => hanging.promise,
        () => true,
      );
    const tried = Array.from({ length: 4 }, attempt);
    await expect(attempt()).rejects.toMatchObject({ kind: 'busy' });
    hanging.resolve('in');
    await Promise.all(tried);
    expect(await from(proxy, 'sy_honest', true)).toBe('in');
  });

  test('sign-ins that hang under the names of some known clients keep no other known client out', async () => {
    const { from, failures } = limiter();
    const known = Array.from({ length: 17 }, (_, number) => `sy_${number.toString()}`);
    for (const client of known) expect(await from(proxy, client, true)).toBe('in');
    for (let count = 0; count < 20; count += 1) await from(proxy, 'sy_m', false);
    const hanging = Promise.withResolvers<string>();
    const tried: Promise<unknown>[] = [];
    const hang = (client: string) => {
      for (let count = 0; count < 4; count += 1)
        tried.push(
          failures.try(
            { address: proxy, client },
            () => hanging.promise,
            () => true,
          ),
        );
    };
    for (const client of known.slice(0, 15)) hang(client);
    expect(await from(proxy, 'sy_0', true)).toBe('busy');
    expect(await from(proxy, 'sy_16', true)).toBe('in');
    // At one address the number is bounded too, whatever the names.
    hang('sy_15');
    expect(await from(proxy, 'sy_16', true)).toBe('busy');
    hanging.resolve('in');
    await Promise.all(tried);
    for (const client of known) expect(await from(proxy, client, true)).toBe('in');
  });

  test('under many names end at the limit of the address, but for the clients that it is known for', async () => {
    const { from, later } = limiter();
    expect(await from(proxy, 'sy_honest', true)).toBe('in');
    for (let count = 0; count < 20; count += 1)
      expect(await from(proxy, `sy_${count.toString()}`, false)).toBe('refused');
    expect(await from(proxy, 'sy_another', false)).toBe('busy');
    expect(await from(proxy, undefined, false)).toBe('busy');
    expect(await from(proxy, 'sy_honest', true)).toBe('in');
    later(60_000);
    expect(await from(proxy, 'sy_another', true)).toBe('in');
  });

  test('keep bounded counts, however many names and addresses are used', async () => {
    const { from } = limiter();
    for (let count = 0; count < 10_100; count += 1)
      await from(`10.${(count >> 8).toString()}.${(count & 255).toString()}.1`, 'x', false);
    expect(await from('10.0.0.1', 'x', true)).toBe('in');
  });
});

describe('the client that a token claims', () => {
  test('is its subject, unverified, and none for what is no token', () => {
    const body = Buffer.from(JSON.stringify({ sub: 'sy_a' })).toString('base64url');
    expect(claimedClientOf(`e30.${body}.x`)).toBe('sy_a');
    for (const other of [undefined, '', 'a.b.c', `e30.${Buffer.from('{"sub":7}').toString('base64url')}.x`])
      expect(claimedClientOf(other)).toBeUndefined();
  });
});
