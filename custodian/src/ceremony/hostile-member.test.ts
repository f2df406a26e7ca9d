// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CustodianSet } from '@tutela/chaincode/domain';
import { transcriptHashOf } from '@tutela/chaincode/testing';
import { decodeBase64url, makeShare, sealCapsule, sha256, utf8 } from '@tutela/crypto';
import { InProcessConsortium } from '../testing/in-process-consortium.js';
import { openCapsule } from '../testing/reader.js';
import { startCeremony } from './start-ceremony.js';

const ALL = ['AlderMSP', 'BirchMSP', 'CedarMSP'];
const HONEST = [0, 1];
const HOSTILE = 2;
const MINUTE_MS = 60_000;
const POLL_MS = 20;
const MAX_POLLS = 600;

let consortium: InProcessConsortium;
beforeAll(async () => {
  consortium = await InProcessConsortium.found();
});
afterAll(() => consortium.close());

const hostile = () => consortium.at(HOSTILE).peer;
const quiet = (act: Promise<unknown>): Promise<unknown> => act.catch(() => undefined);

type Move = Readonly<{ name: string; begins?: number; play: (ceremonyId: string) => Promise<void> }>;

function withholds(transaction: string): Move {
  return {
    name: `withholds its ${transaction}`,
    play: () => {
      hostile().refuse = (name) => name === transaction;
      return Promise.resolve();
    },
  };
}

/** What the hostile member does in a ceremony; beside it its custodian takes every step as it should. */
const MOVES: readonly Move[] = [
  ...['custody:Join', 'custody:Deal', 'custody:Confirm'].map(withholds),
  {
    name: 'seals rubbish to an honest member and activates as soon as it can',
    begins: HOSTILE,
    play: async (ceremonyId) => {
      hostile().alter = (name, request) => (name === 'custody:Deal' ? withRubbish(request) : request);
      for (let poll = 0; poll < 20; poll += 1) {
        await quiet(hostile().submit('custody:Activate', { ceremonyId }));
        await pause();
      }
    },
  },
  {
    name: 'complains of a good sub-share, as late as it can',
    play: async (ceremonyId) => {
      hostile().refuse = (name) => name === 'custody:Confirm';
      await until(async () => (await phase(ceremonyId)) === 'confirming');
      const ceremony = await consortium.custodian(0).ceremonies.find(ceremonyId);
      const transcriptHash = transcriptHashOf(ceremony, await active());
      const complaint = { ceremonyId, dealer: 'AlderMSP', transcriptHash };
      await quiet(hostile().submit('custody:Complain', complaint));
    },
  },
  {
    name: 'ends it',
    play: async (ceremonyId) => {
      await quiet(hostile().submit('custody:Abort', { ceremonyId }));
    },
  },
  {
    name: 'starts one, leaves it, and tries to start the next at once',
    begins: HOSTILE,
    play: async (ceremonyId) => {
      hostile().refuse = (name) => name === 'custody:Join' || name === 'custody:Abort';
      await until(async () => ['aborted', 'active'].includes(await phase(ceremonyId)), MINUTE_MS);
      hostile().refuse = () => false;
      await expect(begin(HOSTILE)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    },
  },
];

describe('attack 43: ceremonies with one hostile member', () => {
  test('after each of them the honest custodians open with the set in force, and they reshare without it', async () => {
    const seed = randomInt(2 ** 32);
    for (const move of shuffled(MOVES, seed)) {
      hostile().refuse = () => false;
      hostile().alter = (_, request) => request;
      const ceremonyId = await begin(move.begins ?? 0);
      await move.play(ceremonyId);
      await until(async () => ['aborted', 'active'].includes(await phase(ceremonyId)), MINUTE_MS);
      await everyoneHasLooked();
      const played = `seed ${seed}, ${move.name}`;
      expect([played, await honestOpen()]).toEqual([played, true]);
      // Longer than whoever started it has to wait.
      consortium.world.ledger.advance(6 * 60 * MINUTE_MS);
    }
    hostile().refuse = () => true;
    const { epoch } = await active();
    const reshare = await begin(0, ['AlderMSP', 'BirchMSP']);
    for (const at of HONEST) await consortium.custodian(at).ceremonies.approve(reshare);
    await until(async () => (await active()).epoch === epoch + 1);
    await everyoneHasLooked();
    expect(await honestOpen()).toBe(true);
  }, 300_000);
});

async function begin(at: number, members?: readonly string[]): Promise<string> {
  const desired =
    members === undefined
      ? { kind: 'refresh' as const }
      : { kind: 'reshare' as const, members, threshold: 2 };
  return startCeremony(consortium.at(at).peer, desired, {
    ...{ active: await active(), registered: ALL, livePeers: ['AlderMSP', 'CedarMSP'] },
  });
}

async function active(): Promise<CustodianSet> {
  const set = await consortium.custodian(0).custody.refresh();
  if (set === undefined) throw new Error('no active set');
  return set;
}

async function phase(ceremonyId: string): Promise<string> {
  return (await consortium.custodian(0).ceremonies.find(ceremonyId)).phase;
}

/** Waits, and lets time pass at every custodian meanwhile. */
async function until(holds: () => Promise<boolean>, eachMs = 0): Promise<void> {
  for (let poll = 0; poll < MAX_POLLS; poll += 1) {
    if (await holds()) return;
    consortium.world.ledger.advance(eachMs);
    for (const at of HONEST) consortium.custodian(at).ceremonies.look();
    await pause();
  }
  throw new Error('what the test waits for did not come');
}

async function everyoneHasLooked(): Promise<void> {
  for (const at of HONEST) {
    consortium.custodian(at).ceremonies.look();
    await consortium.custodian(at).ceremonies.settled();
  }
}

/** Whether the shares that the honest custodians hold of the set in force open a fresh capsule. */
async function honestOpen(): Promise<boolean> {
  const set = await active();
  const [key, label] = [sha256(utf8('some key')), sha256(utf8('some label'))];
  const context = { publicKey: decodeBase64url(set.publicKey), label };
  const capsule = sealCapsule(context, key);
  const shares = HONEST.map((at) =>
    makeShare(context, capsule, consortium.custodian(at).custody.shareOf(set)),
  );
  const found = openCapsule(shares, {
    ...{
      capsule: Buffer.from(capsule).toString('base64url'),
      label: Buffer.from(label).toString('base64url'),
    },
    set,
  });
  return Buffer.from(found).equals(key);
}

type DealRequest = Readonly<{
  dealing: Readonly<{ subShares: readonly Readonly<{ recipient: number; sealed: string }>[] }>;
}>;

/** The dealing with what is sealed to the second member made useless. */
function withRubbish(request: object): object {
  const { dealing, ...others } = request as DealRequest;
  const subShares = dealing.subShares.map((one) =>
    one.recipient === 2
      ? { ...one, sealed: `${one.sealed.slice(0, 60)}${'A'.repeat(one.sealed.length - 60)}` }
      : one,
  );
  return { ...others, dealing: { ...dealing, subShares } };
}

function shuffled<T>(values: readonly T[], seed: number): readonly T[] {
  let state = seed;
  const ranked = values.map((value) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return { value, rank: state };
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ value }) => value);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
