// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { systemClock, type Clock } from './clock.js';
import { limited, persistent } from './limited.js';
import { VaultError } from './vault-error.js';

const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('ended'));
    });
  });
const how = (deadlineMs: number, signal?: AbortSignal) => ({
  clock: systemClock,
  limits: signal === undefined ? { deadlineMs } : { deadlineMs, signal },
  defaultDeadlineMs: 60_000,
  late: 'VAULT_TIMEOUT' as const,
});

describe('a limited call', () => {
  it('gives its result', async () => {
    await expect(limited(how(1_000), () => Promise.resolve(7))).resolves.toBe(7);
  });

  it('ends with the late code at its deadline, keeping the cause', async () => {
    await expect(limited(how(10), never)).rejects.toMatchObject({
      code: 'VAULT_TIMEOUT',
      cause: new Error('ended'),
    });
  });

  it('ends with ABORTED when the caller aborts', async () => {
    const controller = new AbortController();
    const call = limited(how(1_000, controller.signal), never);
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('does not begin when the caller has already ended it', async () => {
    let begun = false;
    const call = limited(how(1_000, AbortSignal.abort()), () => Promise.resolve((begun = true)));
    await expect(call).rejects.toMatchObject({ code: 'ABORTED' });
    expect(begun).toBe(false);
  });

  it('passes an error of its own through', async () => {
    const error = new VaultError('PART_CORRUPT');
    await expect(limited(how(1_000), () => Promise.reject(error))).rejects.toBe(error);
  });
});

describe('a persistent call', () => {
  const pauses: number[] = [];
  const clock: Clock = { ...systemClock, sleep: (ms) => Promise.resolve(void pauses.push(ms)) };
  const signal = new AbortController().signal;

  it('is repeated with growing pauses while the node does not answer', async () => {
    pauses.length = 0;
    let calls = 0;
    const call = () =>
      ++calls < 4 ? Promise.reject(new VaultError('VAULT_UNAVAILABLE')) : Promise.resolve(calls);
    await expect(persistent(clock, signal, 5, call)).resolves.toBe(4);
    expect(pauses).toEqual([50, 100, 200]);
  });

  it('is repeated where a try ends by its own deadline', async () => {
    let calls = 0;
    const call = () => (++calls < 2 ? limited(how(10), never) : Promise.resolve(calls));
    await expect(persistent(clock, signal, 5, call)).resolves.toBe(2);
  });

  it('is given up after its attempts', async () => {
    let calls = 0;
    const call = () => Promise.reject(new VaultError(++calls > 0 ? 'VAULT_UNAVAILABLE' : 'ABORTED'));
    await expect(persistent(clock, signal, 3, call)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' });
    expect(calls).toBe(3);
  });

  it('is not repeated after a refusal', async () => {
    let calls = 0;
    const call = () => Promise.reject(new VaultError(++calls > 0 ? 'VAULT_REFUSED' : 'ABORTED'));
    await expect(persistent(clock, signal, 3, call)).rejects.toMatchObject({ code: 'VAULT_REFUSED' });
    expect(calls).toBe(1);
  });
});
