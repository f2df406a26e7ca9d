// SPDX-License-Identifier: Apache-2.0
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  ceremonyId as ceremonyIdOf,
  MAX_CEREMONY_OPEN_MS,
  type Ceremony,
  type CustodianSet,
} from '@tutela/chaincode/domain';
import { waitUntil } from '../freshness/wait-until.js';
import type { Route } from '../server/http.js';
import { operatorRoutes } from '../server/operator-routes.js';
import { InProcessConsortium } from '../testing/in-process-consortium.js';
import { needsApproval } from './needs-approval.js';
import { nextStep } from './next-step.js';
import { startCeremony } from './start-ceremony.js';

const ALL = ['AlderMSP', 'BirchMSP', 'CedarMSP'];
const TWO = ['AlderMSP', 'BirchMSP'];

/** For so long the starter of a ceremony that was ended at once starts no other. */
const MINUTE_MS = 60_000;
let consortium: InProcessConsortium;

/** Asks the operator socket of one hospital. */
async function operator(at: number, method: Route['method'], path: string, body?: object): Promise<unknown> {
  const routes = operatorRoutes(consortium.custodian(at));
  const route = routes.find((one) => one.method === method && one.pattern.test(path));
  if (route === undefined) throw new Error('no such route');
  const parameters = route.pattern.exec(path)?.slice(1) ?? [];
  const hospital = (): Promise<string> => Promise.reject(new Error('an operator speaks for no hospital'));
  const query = new URLSearchParams();
  const { signal: left } = new AbortController();
  return (await route.handle({ parameters, query, headers: {}, hospital, left, body })).body;
}

async function beginAt(at: number, members: readonly string[]): Promise<string> {
  const desired = { kind: 'reshare', members, threshold: Math.floor(members.length / 2) + 1 };
  const begun = await operator(at, 'POST', '/custody/ceremonies', desired);
  return (begun as { ceremonyId: string }).ceremonyId;
}

function approveAt(at: number, id: string): Promise<unknown> {
  return operator(at, 'POST', `/custody/ceremonies/${id}/approval`);
}

async function ceremony(id: string): Promise<Ceremony> {
  return consortium.custodian(0).ceremonies.find(id);
}

/** Lets every custodian look at the ledger twice, so that whatever it would do by itself is done. */
async function everyoneHasLooked(): Promise<void> {
  for (let round = 0; round < 2; round += 1)
    for (const place of consortium.places) {
      const { ceremonies } = consortium.custodian(place);
      ceremonies.look();
      await ceremonies.settled();
    }
}

async function stepAt(at: number): Promise<string | undefined> {
  return (await consortium.custodian(at).ceremonies.progress())?.step;
}

function isAtEpoch(epoch: number, places: readonly number[]): Promise<boolean> {
  const reached = (): boolean =>
    places.every((at) => consortium.custodian(at).custody.active?.epoch === epoch);
  const changes = (listener: () => void): (() => void) => {
    const timer = setInterval(listener, 5);
    return () => {
      clearInterval(timer);
    };
  };
  return waitUntil(reached, changes, 20_000);
}

describe('a reshare', () => {
  afterEach(() => consortium.close());

  test('attack: a reshare started by one hospital alone is never dealt by the others', async () => {
    consortium = await InProcessConsortium.found();
    const id = await beginAt(0, TWO);
    await everyoneHasLooked();
    const { joins, dealings, phase } = await ceremony(id);
    expect([Object.keys(joins), Object.keys(dealings), phase]).toEqual([['AlderMSP'], [], 'joining']);
    expect(await stepAt(1)).toBe('await-approval');
    expect((await consortium.custodian(0).custody.refresh())?.epoch).toBe(1);
  });

  test('attack: a present custodian whose operator has not approved does not deal, though all new members have joined', async () => {
    consortium = await InProcessConsortium.found();
    const id = ceremonyIdOf(`cer_${'r'.repeat(22)}`, '$');
    const request = { ceremonyId: id, kind: 'reshare', threshold: 2, members: TWO };
    const dealers = ['AlderMSP', 'CedarMSP'];
    await consortium.at(0).peer.submit('custody:StartCeremony', { ...request, dealers });
    await approveAt(0, id);
    await approveAt(1, id);
    await everyoneHasLooked();
    const { joins, dealings } = await ceremony(id);
    expect([Object.keys(joins).sort(), Object.keys(dealings)]).toEqual([TWO, ['AlderMSP']]);
    expect(await stepAt(2)).toBe('await-approval');
  });

  test('goes on once each operator has approved it, and leaves no approval behind', async () => {
    consortium = await InProcessConsortium.found();
    const id = await beginAt(0, TWO);
    await everyoneHasLooked();
    expect(await approveAt(1, id)).toMatchObject({ ceremonyId: id, kind: 'reshare', threshold: 2 });
    expect(await isAtEpoch(2, [0, 1])).toBe(true);
    await everyoneHasLooked();
    for (const at of [0, 1])
      expect(await readdir(join(consortium.at(at).settings.stateDir, 'approvals'))).toEqual([]);
  });

  test('an approval survives a restart, and so does its absence', async () => {
    consortium = await InProcessConsortium.found();
    consortium.at(1).peer.refuse = (name) => name === 'custody:Join';
    const id = await beginAt(0, ALL);
    await approveAt(1, id);
    for (const at of [1, 2]) await consortium.stop(at);
    consortium.at(1).peer.refuse = () => false;
    for (const at of [1, 2]) await consortium.start(at);
    await everyoneHasLooked();
    expect(Object.keys((await ceremony(id)).joins).sort()).toEqual(TWO);
    expect(await stepAt(2)).toBe('await-approval');
    await approveAt(2, id);
    expect(await isAtEpoch(2, [0, 1, 2])).toBe(true);
  });

  test('attack: an approval for one ceremony is none for the next', async () => {
    consortium = await InProcessConsortium.found();
    const first = await beginAt(0, ALL);
    await approveAt(1, first);
    await operator(0, 'DELETE', `/custody/ceremonies/${first}`);
    await everyoneHasLooked();
    consortium.world.ledger.advance(31 * MINUTE_MS);
    await beginAt(0, TWO);
    await everyoneHasLooked();
    expect(await stepAt(1)).toBe('await-approval');
  });

  test('attack: an approval that was put on the disk without the sealing secret keeps the custodian from starting', async () => {
    consortium = await InProcessConsortium.found();
    const id = await beginAt(0, TWO);
    await consortium.stop(1);
    const folder = join(consortium.at(1).settings.stateDir, 'approvals');
    await writeFile(join(folder, `${id}.sealed`), JSON.stringify({ v: 1, terms: 'x' }));
    await expect(consortium.start(1)).rejects.toThrow();
  });

  test('what has ended, or concerns others, cannot be approved', async () => {
    consortium = await InProcessConsortium.found();
    const id = await beginAt(0, TWO);
    await expect(approveAt(2, id)).rejects.toMatchObject({ code: 'CALLER_NOT_ENTITLED' });
    await operator(0, 'DELETE', `/custody/ceremonies/${id}`);
    await expect(approveAt(1, id)).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
  });

  test('that not everyone approves within four hours is aborted by who started it', async () => {
    let late = 0;
    consortium = await InProcessConsortium.found({ clock: (_, world) => world.ledger.nowMs + late });
    const id = await beginAt(0, ALL);
    late = MAX_CEREMONY_OPEN_MS - 60_000;
    await everyoneHasLooked();
    expect((await ceremony(id)).phase).toBe('joining');
    late = MAX_CEREMONY_OPEN_MS + 60_000;
    await everyoneHasLooked();
    expect((await ceremony(id)).phase).toBe('aborted');
  });

  test('the status says whom it waits for', async () => {
    consortium = await InProcessConsortium.found();
    await beginAt(0, TWO);
    await everyoneHasLooked();
    expect(await operator(1, 'GET', '/custody')).toMatchObject({
      ceremony: {
        kind: 'reshare',
        step: 'await-approval',
        startedBy: 'AlderMSP',
        missing: { join: ['BirchMSP'], deal: TWO, confirm: TWO },
      },
    });
  });

  test('a refresh asks no operator', async () => {
    consortium = await InProcessConsortium.found();
    const active = await consortium.custodian(0).custody.refresh();
    await startCeremony(
      consortium.at(0).peer,
      { kind: 'refresh' },
      { active, registered: ALL, livePeers: [] },
    );
    expect(await isAtEpoch(2, [0, 1, 2])).toBe(true);
  });
});

describe('needsApproval', () => {
  const members = ALL.map((mspId, at) => ({ mspId, index: at + 1 }));
  const previous = { epoch: 4, threshold: 2, members } as unknown as CustodianSet;
  const asked = { kind: 'refresh', threshold: 2, members, joins: {}, dealings: {}, confirmations: {} };
  const of = (change: object): Ceremony => ({ ...asked, dealers: members, ...change }) as unknown as Ceremony;
  const holders = { active: previous, previous, registered: ALL };
  const first = { active: undefined, previous: undefined, registered: ALL };

  test('not for new shares of the very same set, nor for a first key of everyone', () => {
    expect(needsApproval(of({}), holders)).toBe(false);
    expect(needsApproval(of({ kind: 'dkg' }), first)).toBe(false);
  });

  test.each([
    ['a reshare to the same set', of({ kind: 'reshare' }), holders],
    ['another threshold under the name of a refresh', of({ threshold: 3 }), holders],
    ['other members under the name of a refresh', of({ members: members.slice(0, 2) }), holders],
    ['members in another order', of({ members: [...members].reverse() }), holders],
    [
      'a refresh of a set that is no longer active',
      of({}),
      { ...holders, active: { ...previous, epoch: 5 } },
    ],
    ['a first key that leaves someone out', of({ kind: 'dkg', members: members.slice(0, 2) }), first],
    ['a second first key', of({ kind: 'dkg' }), { ...first, active: previous }],
  ])('for %s', (_, ceremony, present) => {
    expect(needsApproval(ceremony, present)).toBe(true);
  });

  test('without it, neither joining nor dealing is next', () => {
    const joined = of({ kind: 'reshare', joins: { AlderMSP: 'a', BirchMSP: 'b', CedarMSP: 'c' } });
    expect(nextStep(of({ kind: 'reshare' }), 'AlderMSP', false)).toBe('await-approval');
    expect(nextStep(joined, 'AlderMSP', false)).toBe('await-approval');
    expect(nextStep(joined, 'AlderMSP', true)).toBe('deal');
  });
});
