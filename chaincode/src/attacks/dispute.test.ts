// SPDX-License-Identifier: Apache-2.0
import type { Dealing, Dealt } from '@tutela/crypto';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Ceremony, StartCeremony } from '../domain/custody.js';
import type { MspId } from '../domain/ids.js';
import { ceremonyOf, confirmAll, dealAll, joinAll, transcriptHashOf } from '../testing/ceremony.js';
import { endorse } from '../testing/runner.js';
import { TestWorld } from '../testing/world.js';

const ACCUSED = 'AlderMSP' as MspId;
const ACCUSER = 'CedarMSP' as MspId;
const AT_ACCUSER = 2;

let founded: TestWorld;
let world: TestWorld;
let start: StartCeremony;

beforeAll(async () => {
  founded = await TestWorld.found(['Alder', 'Birch', 'Cedar'], false);
});
beforeEach(() => {
  world = founded.fork();
  const members = world.hospitals.map(({ mspId }) => mspId);
  start = { ceremonyId: world.names.id('ceremony') as never, kind: 'dkg', threshold: 2, members };
});

const custodians = () => new Map(world.hospitals.map(({ mspId, custodian }) => [mspId, custodian]));
const run = (mspId: MspId, name: string, request: object) => {
  const custodian = custodians().get(mspId);
  if (custodian === undefined) throw new Error('no such custodian');
  return world.run(custodian, name, { ceremonyId: start.ceremonyId, ...request });
};
const ceremony = (): Promise<Ceremony> => ceremonyOf(world.ledger, world.hospital(1).custodian, start);

/** Everyone joins and deals, the accused what the test makes of its dealing. */
async function dealt(publish?: (dealing: Dealing) => Dealing): Promise<Dealt> {
  await joined();
  return afterJoining(publish);
}

async function joined(): Promise<void> {
  await run(ACCUSED, 'custody:StartCeremony', start);
  await joinAll(world.ledger, custodians(), start);
}

async function afterJoining(publish: (dealing: Dealing) => Dealing = (dealing) => dealing): Promise<Dealt> {
  const all = await dealAll(world.ledger, custodians(), {
    ceremony: await ceremony(),
    previous: undefined,
    old: new Map(),
    publish: (dealer, dealing) => (dealer === ACCUSED ? publish(dealing) : dealing),
  });
  const own = all.get(ACCUSED);
  if (own === undefined) throw new Error('the accused has not dealt');
  return own;
}

/** What was sealed to the accuser, with its last bytes changed. */
function withRubbish(dealing: Dealing): Dealing {
  const sealed = dealing.sealed.map((text, at) =>
    at === AT_ACCUSER ? `${text.slice(0, 60)}${'A'.repeat(text.length - 60)}` : text,
  );
  return { ...dealing, sealed };
}

/** The accuser's complaint about what is published in this world. */
async function complaint(): Promise<object> {
  const { ceremonyId } = start;
  return { ceremonyId, dealer: ACCUSED, transcriptHash: transcriptHashOf(await ceremony(), undefined) };
}
const complain = async () => run(ACCUSER, 'custody:Complain', await complaint());
const answer = ({ secret }: Dealt, change: object = {}) =>
  run(ACCUSED, 'custody:Reveal', {
    from: ACCUSER,
    subShare: secret.subShares[AT_ACCUSER],
    sealSeed: secret.sealSeeds[AT_ACCUSER],
    ...change,
  });

describe('attack §15.8: the ledger decides a dispute about a sub-share', () => {
  test('a dealer that sealed something else to one member is named, and no key becomes active', async () => {
    const own = await dealt(withRubbish);
    await complain();
    expect((await answer(own)).answer).toEqual({ fault: ACCUSED });
    expect(await ceremony()).toMatchObject({
      phase: 'aborted',
      complaints: [{ dealer: ACCUSED, from: ACCUSER, fault: ACCUSED }],
    });
    await expect(run(ACCUSER, 'custody:Activate', {})).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
    expect((await world.run(world.hospital(0).custodian, 'custody:GetOpenCeremony', {})).answer).toEqual({});
  });

  test('a member that complains of a good sub-share is named itself', async () => {
    const own = await dealt();
    await complain();
    expect((await answer(own)).answer).toEqual({ fault: ACCUSER });
    expect(await ceremony()).toMatchObject({ phase: 'aborted', complaints: [{ fault: ACCUSER }] });
  });

  test('a false complaint makes who complained wait, and not the starter', async () => {
    const own = await dealt();
    await complain();
    await answer(own);
    start = { ...start, ceremonyId: world.names.id('ceremony') as never };
    const again = () => run(ACCUSER, 'custody:StartCeremony', start);
    await expect(again()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await expect(run(ACCUSED, 'custody:StartCeremony', start)).resolves.toBeDefined();
  });

  test('a dealer clears itself neither with another value nor with another seed', async () => {
    const own = await dealt();
    await complain();
    const other = world.fork();
    expect((await answer(own, { subShare: own.secret.subShares[1] })).answer).toEqual({ fault: ACCUSED });
    world = other;
    expect((await answer(own, { sealSeed: own.secret.sealSeeds[1] })).answer).toEqual({ fault: ACCUSED });
  });

  test('attack 27 and 43: a complaint about what a fork alone showed is refused, and names no member if the orderers bring it', async () => {
    await joined();
    const truth = world;
    world = truth.fork();
    await afterJoining(withRubbish);
    const aboutFork = await complaint();
    const accuser = world.hospital(AT_ACCUSER).custodian;
    const { stub } = await endorse(world.ledger, accuser, 'custody:Complain', aboutFork);
    world = truth;
    const own = await afterJoining();
    await expect(run(ACCUSER, 'custody:Complain', aboutFork)).rejects.toMatchObject({
      code: 'CEREMONY_INVALID',
    });
    expect(truth.ledger.commit(stub)).toBe('VALID');
    await expect(answer(own)).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
    expect((await ceremony()).complaints).toMatchObject([{ dealer: ACCUSED, from: ACCUSER }]);
    expect((await ceremony()).complaints).not.toMatchObject([{ fault: ACCUSER }]);
  });

  test('until the dealer answers nothing becomes active, and nobody answers in its place', async () => {
    const own = await dealt();
    const complete = await ceremony();
    await confirmAll(world.ledger, custodians(), complete, undefined, complete.members.slice(0, 2));
    await complain();
    expect((await ceremony()).phase).toBe('disputed');
    const refusals: readonly (readonly [Promise<unknown>, string])[] = [
      [
        confirmAll(world.ledger, custodians(), complete, undefined, complete.members.slice(2)),
        'CEREMONY_INVALID',
      ],
      [run(ACCUSED, 'custody:Activate', {}), 'CEREMONY_INVALID'],
      [complain(), 'CEREMONY_INVALID'],
      [
        run('BirchMSP' as MspId, 'custody:Reveal', {
          from: ACCUSER,
          subShare: own.secret.subShares[AT_ACCUSER],
          sealSeed: own.secret.sealSeeds[AT_ACCUSER],
        }),
        'NOT_FOUND',
      ],
      [answer(own, { from: 'BirchMSP' }), 'NOT_FOUND'],
    ];
    for (const [refused, code] of refusals) await expect(refused).rejects.toMatchObject({ code });
    await answer(own);
    await expect(answer(own)).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
  });

  test('commitments copied from another dealer are refused when they are published', async () => {
    const copied: { dealing?: Dealing } = {};
    await run(ACCUSED, 'custody:StartCeremony', start);
    await joinAll(world.ledger, custodians(), start);
    const publish = (_: MspId, dealing: Dealing): Dealing => {
      copied.dealing ??= dealing;
      return copied.dealing === dealing ? dealing : { ...dealing, commitments: copied.dealing.commitments };
    };
    const dealing = dealAll(world.ledger, custodians(), {
      ceremony: await ceremony(),
      previous: undefined,
      old: new Map(),
      publish,
    });
    await expect(dealing).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
    expect(Object.keys((await ceremony()).dealings)).toEqual([ACCUSED]);
  });
});
