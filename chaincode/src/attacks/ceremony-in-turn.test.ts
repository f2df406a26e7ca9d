// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';
import { dealNewKey } from '@tutela/crypto';
import { ceremonyOutcome } from '@tutela/crypto/verify';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { dealingsOf, termsOf } from '../domain/ceremony.js';
import { MAX_CUSTODIANS, type Ceremony, type StartCeremony } from '../domain/custody.js';
import { AT_A_TIME, turns } from '../state/turns.js';
import { ceremonyOf, confirmAll, dealAll, joinAll, ledgerDealing } from '../testing/ceremony.js';
import { endorse } from '../testing/runner.js';
import { TestWorld } from '../testing/world.js';

const MEMBERS = 7;
/** The turn in which a transaction begins. */
const BEGINNING = 1;
/** How long a peer waits for the chaincode at most. */
const EXECUTE_TIMEOUT_MS = 20_000;

type Dealt = Readonly<{ world: TestWorld; start: StartCeremony; last: object }>;

/** A first key of so many members, in which all but the last one have dealt. */
async function allButTheLast(members: number): Promise<Dealt> {
  const ids = Array.from({ length: members }, (_, i) => `Hospital${String(i)}`);
  const world = await TestWorld.found(ids, false);
  const start = {
    ...{ ceremonyId: world.names.id('ceremony') as never, kind: 'dkg' as const },
    threshold: Math.floor(members / 2) + 1,
    members: world.hospitals.map(({ mspId }) => mspId),
  };
  const { ceremonyId } = start;
  await world.run(world.hospital(0).custodian, 'custody:StartCeremony', start);
  await joinAll(world.ledger, custodiansOf(world), start);
  const ceremony = await ceremonyOf(world.ledger, world.hospital(0).custodian, start);
  const dealers = ceremony.dealers.slice(0, -1);
  const others = { ceremony: { ...ceremony, dealers }, previous: undefined, old: new Map() };
  await dealAll(world.ledger, custodiansOf(world), others);
  const { dealing } = dealNewKey(termsOf(ceremony, undefined), members);
  return { world, start, last: { ceremonyId, dealing: ledgerDealing(dealing) } };
}

const custodiansOf = (world: TestWorld) =>
  new Map(world.hospitals.map(({ mspId, custodian }) => [mspId, custodian]));

function proposeLast({ world, last }: Dealt): Promise<unknown> {
  return endorse(world.ledger, world.hospital(world.hospitals.length - 1).custodian, 'custody:Deal', last);
}

async function dealLast({ world, start, last }: Dealt): Promise<Ceremony> {
  const { custodian } = world.hospital(world.hospitals.length - 1);
  await world.run(custodian, 'custody:Deal', last);
  return ceremonyOf(world.ledger, custodian, start);
}

/** For how many milliseconds this process computes. */
async function costOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

describe('one hospital that has a ceremony computed without end, and never orders', () => {
  let founded: Dealt;
  beforeAll(async () => {
    founded = await allButTheLast(MEMBERS);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  const forked = (): Dealt => ({ ...founded, world: founded.world.fork() });

  test('attack 44: each dealing that the last one is computed with waits for a turn of its own', async () => {
    const taken = jest.spyOn(turns, 'piece');
    await proposeLast(forked());
    expect(taken.mock.calls.length).toBeGreaterThanOrEqual(BEGINNING + MEMBERS);
  });

  test('attack 44: the last dealing, proposed again and again, holds up no other hospital', async () => {
    const dealt = forked();
    const { gateway, mspId } = dealt.world.hospital(0);
    let done = 0;
    const proposals = Array.from({ length: 2 * AT_A_TIME }, async () => {
      await proposeLast(dealt);
      done += 1;
    });
    // Everything that needs no new round of the loop is over by then.
    await setImmediate();
    await dealt.world.run(gateway, 'registry:GetHospital', { mspId });
    expect(done).toBe(0);
    await Promise.all(proposals);
  });

  test('attack 44: a false confirmation or an early activation costs a fraction of what the ceremony costs', async () => {
    const dealt = forked();
    const ceremony = await dealLast(dealt);
    const { world } = dealt;
    const { ceremonyId } = ceremony;
    const { custodian } = world.hospital(1);
    const refused = (name: string, more: object) => () =>
      expect(endorse(world.ledger, custodian, name, { ceremonyId, ...more })).rejects.toMatchObject({
        code: 'CEREMONY_INVALID',
      });
    const acts = {
      ceremony: () => ceremonyOutcome(termsOf(ceremony, undefined), dealingsOf(ceremony)),
      confirmation: refused('custody:Confirm', { transcriptHash: world.names.bytes32() }),
      activation: refused('custody:Activate', {}),
    };
    const leastOf = async (act: keyof typeof acts): Promise<number> => {
      const costs: number[] = [];
      for (let time = 0; time < 5; time += 1) costs.push(await costOf(acts[act]));
      return Math.min(...costs);
    };
    const whole = await leastOf('ceremony');
    expect(await leastOf('confirmation')).toBeLessThan(whole / 3);
    expect(await leastOf('activation')).toBeLessThan(whole / 3);
  });
});

describe('the largest consortium', () => {
  test('a ceremony of the largest consortium makes its key, and no step of it takes a quarter of the time for which peers wait', async () => {
    const dealt = await allButTheLast(MAX_CUSTODIANS);
    const { world, start } = dealt;
    const { ceremonyId } = start;
    const most = EXECUTE_TIMEOUT_MS / 4;
    expect(await costOf(() => proposeLast(dealt))).toBeLessThan(most);
    const { custodian } = world.hospital(0);
    const ceremony = await dealLast(dealt);
    const confirmations = await costOf(() =>
      confirmAll(world.ledger, custodiansOf(world), ceremony, undefined),
    );
    expect(confirmations / MAX_CUSTODIANS).toBeLessThan(most);
    const activate = () => world.run(custodian, 'custody:Activate', { ceremonyId });
    expect(await costOf(activate)).toBeLessThan(most);
    const { answer } = await world.run(custodian, 'custody:GetCurrent', {});
    expect(answer).toMatchObject({ epoch: 1, members: ceremony.members });
  }, 180_000);
});
