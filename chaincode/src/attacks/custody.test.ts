// SPDX-License-Identifier: Apache-2.0
import { dealNewKey, systemRandom, type Dealt, type RandomBytes } from '@tutela/crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { termsOf } from '../domain/ceremony.js';
import { CLOCK_SKEW_MS } from '../domain/consent.js';
import type { CustodianSet, StartCeremony } from '../domain/custody.js';
import type { MspId } from '../domain/ids.js';
import {
  confirmAll,
  ceremonyOf,
  dealAll,
  joinAll,
  ledgerDealing,
  runCeremony,
  transcriptHashOf,
} from '../testing/ceremony.js';
import type { Identity } from '../testing/identity.js';
import { TestWorld } from '../testing/world.js';

let base: TestWorld;
let reader: Identity;

beforeAll(async () => {
  base = await TestWorld.found(['Alder', 'Birch', 'Cedar']);
  reader = await base.practitioner(base.hospital(1), 'physician');
});

const custodiansOf = (world: TestWorld) =>
  new Map(world.hospitals.map(({ mspId, custodian }) => [mspId, custodian]));
const membersOf = (world: TestWorld) => world.hospitals.map(({ mspId }) => mspId);
const plan = (world: TestWorld, change: Partial<StartCeremony> = {}): StartCeremony => ({
  ceremonyId: world.names.id('ceremony') as never,
  kind: 'refresh',
  threshold: 2,
  members: membersOf(world),
  ...change,
});
const current = async (world: TestWorld) =>
  (await world.run(world.hospital(0).custodian, 'custody:GetCurrent', {})).answer as CustodianSet;

describe('who keeps the key', () => {
  test('a refresh keeps the public key, changes every share, and counts one epoch up', async () => {
    const world = base.fork();
    const before = await current(world);
    await runCeremony(world.ledger, custodiansOf(world), plan(world), world.shares);
    const after = await current(world);
    expect(after).toMatchObject({ epoch: 2, publicKey: before.publicKey, kid: before.kid, threshold: 2 });
    expect(after.verificationKeys).not.toEqual(before.verificationKeys);
    const first = await world.run(world.hospital(0).custodian, 'custody:GetEpoch', { epoch: 1 });
    expect(first.answer).toEqual(before);
  });

  test.each<[string, (world: TestWorld) => Partial<StartCeremony>]>([
    ['a second key', () => ({ kind: 'dkg' })],
    ['a threshold below a majority', () => ({ kind: 'reshare', threshold: 1 })],
    ['a threshold above the members', () => ({ kind: 'reshare', threshold: 4 })],
    [
      'a set of one’s own',
      (world) => ({ kind: 'reshare', threshold: 1, members: membersOf(world).slice(0, 1) }),
    ],
    [
      'a member twice',
      (world) => ({ kind: 'reshare', members: ['AlderMSP', 'AlderMSP', ...membersOf(world)] as MspId[] }),
    ],
    [
      'a member nobody knows',
      () => ({ kind: 'reshare', members: ['AlderMSP', 'BirchMSP', 'ElmMSP'] as MspId[] }),
    ],
    ['too few dealers', () => ({ dealers: ['AlderMSP'] as MspId[] })],
    ['a refresh that leaves someone out', (world) => ({ members: membersOf(world).slice(0, 2) })],
  ])('a ceremony for %s is refused', async (_what, change) => {
    const world = base.fork();
    const start = world.run(world.hospital(0).custodian, 'custody:StartCeremony', plan(world, change(world)));
    await expect(start).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
  });

  test('nobody but a custodian starts or joins, and only one ceremony is open', async () => {
    const world = base.fork();
    await expect(world.run(reader, 'custody:StartCeremony', plan(world))).rejects.toMatchObject({
      code: 'CALLER_NOT_ENTITLED',
    });
    await world.run(world.hospital(0).custodian, 'custody:StartCeremony', plan(world));
    await expect(
      world.run(world.hospital(1).custodian, 'custody:StartCeremony', plan(world)),
    ).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
  });

  test('attack 43: an old key dealt anew is not active before every member has confirmed, and a false hash is refused', async () => {
    const world = base.fork();
    const custodians = custodiansOf(world);
    const start = plan(world);
    const { ceremonyId } = start;
    const previous = await current(world);
    const [first, second] = [world.hospital(0).custodian, world.hospital(1).custodian];
    const activate = () => world.run(first, 'custody:Activate', { ceremonyId });
    await world.run(first, 'custody:StartCeremony', start);
    await expect(activate()).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
    await joinAll(world.ledger, custodians, start);
    const ceremony = await ceremonyOf(world.ledger, first, start);
    await dealAll(world.ledger, custodians, { ceremony, previous, old: world.shares });
    const lie = { ceremonyId, transcriptHash: world.names.bytes32() };
    await expect(world.run(second, 'custody:Confirm', lie)).rejects.toMatchObject({
      code: 'CEREMONY_INVALID',
    });
    const dealt = await ceremonyOf(world.ledger, first, start);
    await confirmAll(world.ledger, custodians, dealt, previous, [
      ...dealt.members.slice(0, 1),
      ...dealt.members.slice(2),
    ]);
    await expect(activate()).rejects.toMatchObject({
      ...{ code: 'CEREMONY_INVALID', message: 'not yet confirmed by BirchMSP' },
    });
    const complained = world.fork();
    const transcriptHash = transcriptHashOf(dealt, previous);
    const complaint = { ceremonyId, dealer: 'AlderMSP', transcriptHash };
    await complained.run(second, 'custody:Complain', complaint);
    await expect(complained.run(first, 'custody:Activate', { ceremonyId })).rejects.toMatchObject({
      ...{ code: 'CEREMONY_INVALID' },
    });
    await confirmAll(world.ledger, custodians, dealt, previous, dealt.members.slice(1, 2));
    await activate();
    expect((await current(world)).epoch).toBe(2);
    await expect(activate()).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
  });

  test('a dealing that does not continue the dealer’s old share is refused', async () => {
    const world = base.fork();
    const custodians = custodiansOf(world);
    const start = plan(world);
    await world.run(world.hospital(0).custodian, 'custody:StartCeremony', start);
    await joinAll(world.ledger, custodians, start);
    const ceremony = await ceremonyOf(world.ledger, world.hospital(0).custodian, start);
    const fresh = dealAll(world.ledger, custodians, { ceremony, previous: undefined, old: new Map() });
    await expect(fresh).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
  });
});

describe('attack 43: ceremonies that a hospital starts, ends or spoils', () => {
  const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });
  const start = (world: TestWorld, at: number, change: Partial<StartCeremony> = {}) =>
    world.run(world.hospital(at).custodian, 'custody:StartCeremony', plan(world, change));

  /** Alder and Birch hold the key; Cedar has a custodian and no share. */
  async function withoutCedar(): Promise<TestWorld> {
    const world = base.fork();
    const two = plan(world, { kind: 'reshare', members: membersOf(world).slice(0, 2) });
    await runCeremony(world.ledger, custodiansOf(world), two, world.shares);
    return world;
  }

  test('a custodian without a share starts none; a member names it, and it joins', async () => {
    const world = await withoutCedar();
    const all = { kind: 'reshare', members: membersOf(world) } as const;
    await refuse(start(world, 2, { members: membersOf(world).slice(0, 2) }), 'CALLER_NOT_ENTITLED');
    await refuse(start(world, 2, all), 'CALLER_NOT_ENTITLED');
    await expect(start(world, 0, all)).resolves.toBeDefined();
  });

  test('whose ceremony ended without a result waits as long as it may have been open for each member; others do not', async () => {
    const world = base.fork();
    const first = plan(world);
    const { ceremonyId } = first;
    await world.run(world.hospital(0).custodian, 'custody:StartCeremony', first);
    world.ledger.advance(15 * 60_000);
    await world.run(world.hospital(1).custodian, 'custody:Abort', { ceremonyId });
    await refuse(start(world.fork(), 0), 'RATE_LIMITED');
    await expect(start(world.fork(), 1)).resolves.toBeDefined();
    world.ledger.advance(3 * (15 * 60_000 + CLOCK_SKEW_MS) - 1);
    await refuse(start(world.fork(), 0), 'RATE_LIMITED');
    world.ledger.advance(1);
    await expect(start(world.fork(), 0)).resolves.toBeDefined();
  });

  test('attack 35: a starter that dates its start late and its own end early waits all the same', async () => {
    const world = base.fork();
    const { custodian } = world.hospital(0);
    const late = () => ({ timestampMs: world.ledger.nowMs + CLOCK_SKEW_MS });
    const early = () => ({ timestampMs: world.ledger.nowMs - CLOCK_SKEW_MS });
    const first = plan(world);
    await world.run(custodian, 'custody:StartCeremony', first, late());
    world.ledger.advance(2 * CLOCK_SKEW_MS);
    await world.run(custodian, 'custody:Abort', { ceremonyId: first.ceremonyId }, early());
    const again = (): Promise<unknown> =>
      world.fork().run(custodian, 'custody:StartCeremony', plan(world), late());
    await refuse(again(), 'RATE_LIMITED');
    world.ledger.advance(2 * CLOCK_SKEW_MS - 1);
    await refuse(again(), 'RATE_LIMITED');
  });

  test('who would lose its share ends no ceremony, though it deals; the starter and who would hold one do', async () => {
    const world = base.fork();
    const without = plan(world, {
      ...{
        kind: 'reshare',
        members: membersOf(world).slice(1),
        dealers: [membersOf(world)[0], membersOf(world)[1]] as never,
      },
    });
    await world.run(world.hospital(1).custodian, 'custody:StartCeremony', without);
    const { ceremonyId } = without;
    const abort = (of: TestWorld, at: number) =>
      of.run(of.hospital(at).custodian, 'custody:Abort', { ceremonyId });
    await refuse(abort(world, 0), 'CALLER_NOT_ENTITLED');
    for (const at of [1, 2]) await expect(abort(world.fork(), at)).resolves.toBeDefined();
  });

  test('a dealer that has seen the others’ dealings makes no member’s share zero: its dealing is refused, it stays named', async () => {
    const world = await TestWorld.found(undefined, false);
    const custodians = custodiansOf(world);
    const first = plan(world, { kind: 'dkg' });
    const { ceremonyId } = first;
    await world.run(world.hospital(0).custodian, 'custody:StartCeremony', first);
    await joinAll(world.ledger, custodians, first);
    const terms = termsOf(await ceremonyOf(world.ledger, world.hospital(0).custodian, first), undefined);
    const deal = (at: number, { dealing }: Dealt) =>
      world.run(world.hospital(at).custodian, 'custody:Deal', {
        ceremonyId,
        dealing: ledgerDealing(dealing),
      });
    const honest = [dealNewKey(terms, 1), dealNewKey(terms, 2)];
    const nothing = dealNewKey(terms, 3, fixedCoefficients(3n * 5n * -1n, 5n));
    await refuse(deal(2, nothing), 'CEREMONY_INVALID');
    for (const [at, dealt] of honest.entries()) await deal(at, dealt);
    const given = honest.map(({ secret }) => scalarOf(secret.subShares[2] ?? ''));
    const sum = given.reduce((total, value) => total + value, 0n);
    const rushing = dealNewKey(terms, 3, fixedCoefficients(-sum - 3n * 5n, 5n));
    await refuse(deal(2, rushing), 'CEREMONY_INVALID');
    const left = await ceremonyOf(world.ledger, world.hospital(0).custodian, first);
    expect(Object.keys(left.dealings)).toEqual(['AlderMSP', 'BirchMSP']);
    await expect(deal(2, dealNewKey(terms, 3))).resolves.toBeDefined();
  });

  const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

  function scalarOf(text: string): bigint {
    return BigInt(`0x${Buffer.from(text, 'base64url').reverse().toString('hex')}`);
  }

  /** Randomness from which a polynomial has these coefficients, lowest first; what follows is truly random. */
  function fixedCoefficients(...coefficients: readonly bigint[]): RandomBytes {
    const left = [...coefficients];
    return (length) => {
      const next = left.shift();
      if (next === undefined) return systemRandom(length);
      const value = ((next % ORDER) + ORDER) % ORDER;
      return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex').reverse());
    };
  }
});

describe('attack: hospitals that come early cannot deal the first key among themselves', () => {
  test.each([1, 2])('with %i of three founders there', async (count) => {
    const world = await TestWorld.found(['Alder', 'Birch', 'Cedar'].slice(0, count), false, 3);
    const start = plan(world, { kind: 'dkg', threshold: count });
    await expect(
      world.run(world.hospital(0).custodian, 'custody:StartCeremony', start),
    ).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
    expect((await world.run(world.hospital(0).custodian, 'custody:GetOpenCeremony', {})).answer).toEqual({});
  });

  test('with the third there already and left out', async () => {
    const world = await TestWorld.found(undefined, false);
    const start = plan(world, { kind: 'dkg', members: membersOf(world).slice(0, 2) });
    const starting = world.run(world.hospital(0).custodian, 'custody:StartCeremony', start);
    await expect(starting).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
  });
});
