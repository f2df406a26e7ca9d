// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { systemClock } from './clock.js';
import type { PeersHeard } from './cluster-peer.js';
import { HospitalsHeard, isShortOf, placementAt, widened } from './hospitals-heard.js';
import { VaultError } from './vault-error.js';

const peer = (id: string, error = '', ipfsError = '') => ({
  id,
  peername: id,
  error,
  ipfs: { error: ipfsError },
});
const heard = (complete: boolean, ...peers: PeersHeard['peers'][number][]): PeersHeard => ({
  peers,
  complete,
});
const replication = { min: 2, max: 3 };
const all = heard(true, peer('A'), peer('B'), peer('C'));

describe('where a part is laid', () => {
  it('is at any of the hospitals when all answer', () => {
    const five = heard(true, ...['A', 'B', 'C', 'D', 'E'].map((id) => peer(id)));
    expect(placementAt(all, replication)).toEqual({ ...replication, preferred: ['A', 'B', 'C'] });
    expect(placementAt(five, replication)).toMatchObject(replication);
  });

  it.each([
    ['is silent', heard(false, peer('A'), peer('B'))],
    ['has been silent for so long that the cluster forgot it', heard(true, peer('A'), peer('B'))],
    ['has no cluster peer', heard(true, peer('A'), peer('B'), peer('C', 'dial failed'))],
    ['has no Kubo', heard(true, peer('A'), peer('B'), peer('C', '', 'refused'))],
  ])('leaves out a hospital that %s', (_, partial) => {
    expect(placementAt(partial, replication)).toEqual({ min: 2, max: 2, preferred: ['A', 'B'] });
  });

  it('is left to the cluster when too few answer, which then refuses or waits', () => {
    expect(placementAt(heard(false, peer('A')), replication)).toEqual(replication);
  });
});

describe('an entry of the shared pinset', () => {
  const short = (of: PeersHeard, ...allocations: string[]) =>
    isShortOf(allocations, placementAt(of, replication));

  it('attack 40: is short where it names fewer hospitals that are well than a part is laid at', () => {
    expect(short(all, 'A', 'B', 'C')).toBe(false);
    for (const allocations of [[], ['M'], ['A', 'B'], ['A', 'B', 'M']])
      expect(short(all, ...allocations)).toBe(true);
  });

  it('attack 40: is widened by asking for at least as many hospitals as it should name', () => {
    const one = { min: 1, max: 3 };
    expect(widened(placementAt(all, one))).toEqual({ min: 3, max: 3, preferred: ['A', 'B', 'C'] });
    expect(widened(placementAt(heard(false, peer('A'), peer('B')), one))).toMatchObject({ min: 2, max: 2 });
    expect(widened(placementAt(heard(false), one))).toEqual(one);
  });

  it('is not short for a hospital that is not well, or before anybody was heard', () => {
    const two = heard(true, peer('A'), peer('B'), peer('C', '', 'refused'));
    expect(short(two, 'A', 'B')).toBe(false);
    expect(short(two, 'A', 'B', 'C')).toBe(false);
    expect(short(heard(false))).toBe(false);
  });
});

describe('asking who answers', () => {
  it('attack 40: is repeated beside a wait while too few were heard, and not while enough were', async () => {
    const answers = [heard(false, peer('A')), all];
    let asked = 0;
    const peers = () => {
      asked += 1;
      return Promise.resolve(answers[Math.min(asked, answers.length) - 1] ?? all);
    };
    let now = 0;
    const clock = { ...systemClock, now: () => now };
    const hospitals = new HospitalsHeard({ peers }, clock);
    await hospitals.now();
    now += 2_000;
    expect(hospitals.last(2)).toBe(answers[0]);
    await hospitals.now();
    expect(hospitals.last(2)).toBe(all);
    now += 2_000;
    expect(hospitals.last(2)).toBe(all);
    expect(asked).toBe(2);
  });

  const asker = (...answers: readonly (PeersHeard | VaultError)[]) => {
    let asked = 0;
    let nowMs = 0;
    const peers = () => {
      const answer = answers[asked] ?? all;
      asked += 1;
      return answer instanceof VaultError ? Promise.reject(answer) : Promise.resolve(answer);
    };
    const hospitals = new HospitalsHeard({ peers }, { ...systemClock, now: () => nowMs });
    return { hospitals, asked: () => asked, pass: (ms: number) => (nowMs += ms) };
  };

  it('asks once for questions at the same time, and anew a moment later', async () => {
    const { hospitals, asked, pass } = asker();
    await Promise.all([hospitals.now(), hospitals.now()]);
    await hospitals.now();
    expect(asked()).toBe(1);
    pass(100);
    await hospitals.now();
    expect(asked()).toBe(2);
  });

  it('keeps to those that answered for a second', async () => {
    const partial = heard(false, peer('A'), peer('B'));
    const { hospitals, pass } = asker(partial);
    await hospitals.now();
    pass(999);
    await expect(hospitals.now()).resolves.toEqual(partial);
    pass(1);
    await expect(hospitals.now()).resolves.toEqual(all);
  });

  it('hears nobody when the own cluster peer is down', async () => {
    const { hospitals } = asker(new VaultError('VAULT_UNAVAILABLE'));
    await expect(hospitals.now()).resolves.toEqual({ peers: [], complete: false });
  });
});
