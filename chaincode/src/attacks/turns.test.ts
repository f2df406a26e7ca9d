// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { AT_A_TIME, MAX_WAITING } from '../state/turns.js';
import type { Identity } from '../testing/identity.js';
import type { PreparedRecord } from '../testing/record.js';
import { endorse, type Endorsed } from '../testing/runner.js';
import { TestWorld } from '../testing/world.js';

const SEGMENTS = 12;

/** Alder is honest, and Cedar is not. */
let world: TestWorld;
let hostile: Identity;
let record: PreparedRecord;
beforeAll(async () => {
  world = await TestWorld.found();
  hostile = await world.practitioner(world.hospital(2), 'physician');
  const patient = await world.patient(world.hospital(2));
  record = await world.prepare(
    patient,
    Array.from({ length: SEGMENTS }, () => ({ category: 'notes' as const })),
  );
});

const propose = (change: object = {}, vault: unknown = record.vault): Promise<Endorsed> =>
  endorse(
    world.ledger,
    hostile,
    'record:Register',
    { ...record.request, ...change },
    { transient: { vault } },
  );
const ask = (at: number): Promise<unknown> => {
  const { gateway, mspId } = world.hospital(at);
  return world.run(gateway, 'registry:GetHospital', { mspId });
};

describe('one hospital that proposes without end, and never orders', () => {
  test('attack 44: a costly registration, proposed again and again, holds up no other hospital', async () => {
    let done = 0;
    const proposals = Array.from({ length: 2 * AT_A_TIME }, async () => {
      await propose();
      done += 1;
    });
    // Everything that needs no new round of the loop is over by then.
    await setImmediate();
    await ask(0);
    expect(done).toBe(0);
    await Promise.all(proposals);
  });

  test('attack 44: more than may wait of one hospital is refused, writes nothing, and refuses no other', async () => {
    const asked = Array.from({ length: AT_A_TIME + MAX_WAITING + 5 }, () => ask(2));
    const outcomes = Promise.allSettled(asked);
    await expect(ask(0)).resolves.toBeDefined();
    const refused = (await outcomes).filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(refused.map(({ reason }: { reason: unknown }) => reason)).toEqual(
      Array.from({ length: 5 }, () => expect.objectContaining({ code: 'RATE_LIMITED' })),
    );
    await expect(ask(2)).resolves.toBeDefined();
  });

  test('attack 44: proposals with much private data count as many', async () => {
    const vault = 'x'.repeat(4 * 1024 * 1024);
    const proposals = Array.from({ length: 2 * AT_A_TIME + MAX_WAITING / 64 }, () => propose({}, vault));
    const codes = (await Promise.allSettled(proposals)).map((one) =>
      one.status === 'rejected' ? (one.reason as { code: string }).code : 'done',
    );
    expect(codes.filter((code) => code === 'RATE_LIMITED').length).toBeGreaterThan(0);
  });

  test.each([
    ['of another hospital’s patient', 'NOT_FOUND', () => ({ ownerHandle: world.names.id('handle') })],
    ['of a version without the one before', 'NOT_FOUND', () => ({ version: 2 })],
  ] as const)(
    'attack 44: a registration %s is refused before its manifest is read',
    async (_, code, change) => {
      await expect(propose(change(), 'no manifest')).rejects.toMatchObject({ code });
    },
  );
});
