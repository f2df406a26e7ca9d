// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import {
  CEREMONY_BUDGET,
  CEREMONY_DEADLINE_MS,
  CEREMONY_REFILL_MS,
  MAX_CEREMONY_OPEN_MS,
} from '../domain/ceremony-pace.js';
import { CLOCK_SKEW_MS } from '../domain/consent.js';
import type { StartCeremony } from '../domain/custody.js';
import { runCeremony } from '../testing/ceremony.js';
import { TestWorld } from '../testing/world.js';

const HOUR_MS = 3_600_000;
const plan = (world: TestWorld, kind: StartCeremony['kind'] = 'refresh'): StartCeremony => ({
  ceremonyId: world.names.id('ceremony') as never,
  kind,
  threshold: Math.floor(world.hospitals.length / 2) + 1,
  members: world.hospitals.map(({ mspId }) => mspId),
});
const start = (world: TestWorld, at: number, asked = plan(world)) =>
  world.run(world.hospital(at).custodian, 'custody:StartCeremony', asked);
const refuse = (act: Promise<unknown>) => expect(act).rejects.toMatchObject({ code: 'RATE_LIMITED' });

describe('attack 43: the pace of ceremonies', () => {
  test('a hospital that refreshes again and again has eight of them, then one in three hours; others do not wait', async () => {
    const world = await TestWorld.found();
    const custodians = new Map(world.hospitals.map(({ mspId, custodian }) => [mspId, custodian]));
    let { shares } = world;
    const succeed = async (): Promise<void> => {
      shares = await runCeremony(world.ledger, custodians, plan(world), shares);
    };
    // The first key was its first ceremony.
    for (let count = 1; count < CEREMONY_BUDGET; count += 1) await succeed();
    await refuse(start(world.fork(), 0));
    await expect(start(world.fork(), 1)).resolves.toBeDefined();
    world.ledger.advance(CEREMONY_REFILL_MS - 1);
    await refuse(start(world.fork(), 0));
    world.ledger.advance(1);
    await succeed();
    await refuse(start(world, 0));
  });

  test('two of five that take turns with reshares as long as these stay open leave the others most of the time', async () => {
    const world = await TestWorld.found(['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elder']);
    const until = world.ledger.nowMs + 72 * HOUR_MS;
    let takenMs = 0;
    while (world.ledger.nowMs < until) {
      const asked = plan(world, 'reshare');
      const isTaken = await start(world, 0, asked)
        .catch(() => start(world, 1, asked))
        .then(
          () => true,
          () => false,
        );
      if (!isTaken) await start(world.fork(), 2);
      world.ledger.advance(isTaken ? MAX_CEREMONY_OPEN_MS : HOUR_MS);
      if (!isTaken) continue;
      takenMs += MAX_CEREMONY_OPEN_MS;
      // What the custodians of the new set do by themselves at that time.
      const { ceremonyId } = asked;
      await world.run(world.hospital(2).custodian, 'custody:Abort', { ceremonyId });
    }
    expect(takenMs).toBeGreaterThan(0);
    expect(takenMs / (72 * HOUR_MS)).toBeLessThan(0.5);
  });

  test('three of seven that take turns with reshares to four members hold the place less than half of the time', async () => {
    const world = await TestWorld.found(['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elder', 'Fir', 'Gorse']);
    const until = world.ledger.nowMs + 72 * HOUR_MS;
    let takenMs = 0;
    while (world.ledger.nowMs < until) {
      const asked = { ...plan(world, 'reshare'), members: plan(world).members.slice(0, 4) };
      const isTaken = await start(world, 0, asked)
        .catch(() => start(world, 1, asked))
        .catch(() => start(world, 2, asked))
        .then(
          () => true,
          () => false,
        );
      world.ledger.advance(isTaken ? MAX_CEREMONY_OPEN_MS : HOUR_MS);
      if (!isTaken) continue;
      takenMs += MAX_CEREMONY_OPEN_MS;
      await world.run(world.hospital(3).custodian, 'custody:Abort', { ceremonyId: asked.ceremonyId });
    }
    expect(takenMs).toBeGreaterThan(0);
    expect(takenMs / (72 * HOUR_MS)).toBeLessThan(0.5);
  });

  test('a custodian that a reshare leaves out ends it once it was open for as long as any may be, and not before', async () => {
    const world = await TestWorld.found(['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elder']);
    const asked = { ...plan(world, 'reshare'), members: plan(world).members.slice(0, 3), threshold: 2 };
    const { ceremonyId } = asked;
    await start(world, 0, asked);
    const end = (of: TestWorld) => of.run(of.hospital(4).custodian, 'custody:Abort', { ceremonyId });
    world.ledger.advance(MAX_CEREMONY_OPEN_MS - 1);
    await expect(end(world.fork())).rejects.toMatchObject({ code: 'CALLER_NOT_ENTITLED' });
    world.ledger.advance(1);
    await end(world);
    await refuse(start(world, 0));
    await expect(start(world, 4)).resolves.toBeDefined();
  });

  test('a hospital that ends another’s ceremony early waits as its starter would, and the starter waits for the time that it was open', async () => {
    const world = await TestWorld.found();
    const end = (of: TestWorld, ceremonyId: string) =>
      of.run(of.hospital(1).custodian, 'custody:Abort', { ceremonyId });
    let asked = plan(world);
    // More often than its budget would allow, had it paid for any of them.
    for (let count = 0; count < CEREMONY_BUDGET; count += 1) {
      await start(world, 0, asked);
      world.ledger.advance(60_000);
      await end(world, asked.ceremonyId);
      await refuse(start(world.fork(), 1));
      await refuse(start(world.fork(), 0));
      const again = world.fork();
      again.ledger.advance(3 * (60_000 + CLOCK_SKEW_MS));
      const next = plan(again);
      await start(again, 0, next);
      await refuse(end(again, next.ceremonyId));
      world.ledger.advance(3 * (60_000 + 2 * CLOCK_SKEW_MS));
      asked = plan(world);
    }
    await expect(start(world.fork(), 0)).resolves.toBeDefined();
  });

  test.each([
    ['early', 'refresh', 60_000],
    ['at its deadline', 'refresh', CEREMONY_DEADLINE_MS],
    ['as late as any', 'reshare', MAX_CEREMONY_OPEN_MS],
  ] as const)(
    'attack 35: a starter that dates its start late waits for the hidden time too when another hospital ends the ceremony %s',
    async (_, kind, saidMs) => {
      const world = await TestWorld.found();
      const asked = plan(world, kind);
      const late = { timestampMs: world.ledger.nowMs + CLOCK_SKEW_MS };
      await world.run(world.hospital(0).custodian, 'custody:StartCeremony', asked, late);
      world.ledger.advance(CLOCK_SKEW_MS + saidMs);
      await world.run(world.hospital(1).custodian, 'custody:Abort', { ceremonyId: asked.ceremonyId });
      world.ledger.advance(world.hospitals.length * (CLOCK_SKEW_MS + saidMs) - 1);
      await refuse(start(world.fork(), 0));
      world.ledger.advance(1);
      await expect(start(world, 0)).resolves.toBeDefined();
    },
  );
});
