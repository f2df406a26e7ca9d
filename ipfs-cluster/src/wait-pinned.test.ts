// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { systemClock, type Clock } from './clock.js';
import type { PinState } from './vault.js';
import { VaultError } from './vault-error.js';
import { waitPinned } from './wait-pinned.js';

const state = (cid: string, pinned: number, failed = 0): PinState => ({
  cid,
  pinnedBy: ['alder', 'birch', 'cedar'].slice(0, pinned),
  failedAt: ['cedar'].slice(0, failed),
  allocations: ['alder', 'birch', 'cedar'],
  isWhole: true,
});

function script(...rounds: readonly (readonly PinState[] | VaultError)[]) {
  const asked: (readonly string[])[] = [];
  const recovered: string[] = [];
  const pinnedAgain: string[] = [];
  const pauses: number[] = [];
  // The patience of a second never ends here unless a test says so.
  const sleep = (ms: number) =>
    ms === 1_000 ? new Promise<void>(() => undefined) : Promise.resolve(void pauses.push(Math.round(ms)));
  const clock: Clock = { ...systemClock, sleep };
  const wait = {
    cids: ['a', 'b'],
    hospitals: 2,
    clock,
    signal: new AbortController().signal,
    states: (cids: readonly string[]) => {
      asked.push(cids);
      const round = rounds[asked.length - 1] ?? new VaultError('REPLICATION_TIMEOUT');
      return round instanceof VaultError ? Promise.reject(round) : Promise.resolve(round);
    },
    recover: (cid: string) => Promise.resolve(void recovered.push(cid)),
    pinAgain: (cid: string) => Promise.resolve(void pinnedAgain.push(cid)),
    isShort: (allocations: readonly string[]) => allocations.length < 2,
    heldHere: (): Promise<string | undefined> => Promise.resolve(undefined),
  };
  return { wait, asked, recovered, pinnedAgain, pauses };
}

describe('waiting for hospitals to hold parts', () => {
  it('asks only about parts that still lack hospitals', async () => {
    const { wait, asked } = script([state('a', 2), state('b', 1)], [state('b', 3)]);
    await expect(waitPinned(wait)).resolves.toEqual([state('a', 2), state('b', 3)]);
    expect(asked).toEqual([['a', 'b'], ['b']]);
  });

  it('has a failed hospital try again, once', async () => {
    const round = [state('a', 2), state('b', 1, 1)];
    const { wait, recovered } = script(round, [state('b', 1, 1)], [state('b', 2)]);
    await waitPinned(wait);
    expect(recovered).toEqual(['b']);
  });

  it('attack 40: pins a part again, as often as another hospital withdraws it', async () => {
    const withdrawn = { ...state('b', 0, 1), allocations: [], isWhole: false };
    const { wait, recovered, pinnedAgain } = script(
      [state('a', 2), withdrawn],
      [withdrawn],
      [state('b', 1)],
      [state('b', 2)],
    );
    await expect(waitPinned(wait)).resolves.toEqual([state('a', 2), state('b', 2)]);
    expect({ recovered, pinnedAgain }).toEqual({ recovered: [], pinnedAgain: ['b', 'b'] });
  });

  const foreign = (...pinnedBy: string[]) => ({ ...state('b', 0), pinnedBy, allocations: ['mallow'] });

  it('attack 40: pins a part again whose entry was rewritten to name too few hospitals', async () => {
    const { wait, pinnedAgain } = script([state('a', 2), foreign()], [state('b', 2)]);
    await waitPinned(wait);
    expect(pinnedAgain).toEqual(['b']);
  });

  it('attack 40: counts each hospital that once confirmed a part, though the entry is rewritten in between', async () => {
    const { wait } = script([state('a', 2), foreign('cedar')], [foreign()], [foreign('alder')]);
    const [, found] = await waitPinned(wait);
    expect(found?.pinnedBy).toEqual(['cedar', 'alder']);
  });

  it('attack 40: counts the own copy beside an entry that leaves the own hospital out and lets nobody change it', async () => {
    const { wait } = script(
      [state('a', 2), foreign('cedar')],
      ...Array.from({ length: 9 }, () => [foreign()]),
    );
    const pinAgain = () => Promise.reject(new VaultError('VAULT_UNAVAILABLE'));
    const [, found] = await waitPinned({ ...wait, pinAgain, heldHere: () => Promise.resolve('alder') });
    expect(found?.pinnedBy).toEqual(['cedar', 'alder']);
  });

  it('attack 40: pins a part again whose entry was rewritten to ask for the first block alone', async () => {
    const partial = { ...state('b', 0), isWhole: false };
    const { wait, pinnedAgain } = script([state('a', 2), partial], [state('b', 2)]);
    await waitPinned(wait);
    expect(pinnedAgain).toEqual(['b']);
  });

  it('pins no part again for want of progress alone, and asks nothing more, as beside a dead Kubo', async () => {
    const dead = Array.from({ length: 60 }, () => [state('b', 1)]);
    const { wait, pinnedAgain } = script([state('a', 2), state('b', 1)], ...dead, [state('b', 2)]);
    const heldHere = () => Promise.reject(new RangeError('not asked'));
    await waitPinned({ ...wait, heldHere });
    expect(pinnedAgain).toEqual([]);
  });

  it('waits for no pin that is made again before it asks the next time', async () => {
    const { wait } = script([state('a', 2), foreign()], [state('b', 2)]);
    const pinAgain = () => new Promise<never>(() => undefined);
    expect(await waitPinned({ ...wait, pinAgain })).toHaveLength(2);
  });

  it('asks at growing intervals, and goes on when the node is away for a moment', async () => {
    const { wait, pauses } = script(
      [],
      new VaultError('VAULT_UNAVAILABLE'),
      [],
      [state('a', 2), state('b', 2)],
    );
    await waitPinned(wait);
    expect(pauses).toEqual([8, 10, 14]);
  });

  it('asks again beside a question that a silent hospital holds up', async () => {
    const { wait, asked } = script([state('a', 2), state('b', 2)]);
    const states = (cids: readonly string[]) =>
      asked.length === 0 ? (asked.push(cids), new Promise<never>(() => undefined)) : Promise.resolve(done);
    const done = [state('a', 2), state('b', 2)];
    const clock = { ...systemClock, sleep: () => Promise.resolve() };
    await expect(waitPinned({ ...wait, states, clock })).resolves.toEqual(done);
  });

  it('never has more than a dozen questions open', async () => {
    let open = 0;
    let ends = 0;
    const { wait } = script();
    const states = () => ((open += 1), new Promise<never>(() => undefined));
    const sleep = () => ((ends += 1) > 100 ? Promise.reject(new VaultError('ABORTED')) : Promise.resolve());
    const waiting = waitPinned({ ...wait, states, clock: { ...systemClock, sleep } });
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    expect(open).toBe(12);
  });

  it('ends with any other error', async () => {
    const { wait } = script(new VaultError('VAULT_REFUSED'));
    await expect(waitPinned(wait)).rejects.toMatchObject({ code: 'VAULT_REFUSED' });
  });
});
