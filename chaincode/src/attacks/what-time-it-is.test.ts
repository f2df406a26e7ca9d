// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { CLOCK_SKEW_MS as SKEW_MS } from '../domain/consent.js';
import { CLINICIAN_QUOTA } from '../domain/emergency.js';
import { TRANSACTIONS } from '../domain/names.js';
import { type Chart, foundChart } from '../testing/chart.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_2099 = Date.parse('2099-01-01T00:00:00.000Z');
const EVERY_TRANSACTION = Object.entries(TRANSACTIONS).flatMap(([contract, { submit, evaluate }]) =>
  [...submit, ...evaluate].map((name) => `${contract}:${name}`),
);
let base: Chart['base'];
let reader: Chart['reader'];
let patient: Chart['patient'];
let record: Chart['record'];

beforeAll(async () => {
  ({ base, reader, patient, record } = await foundChart([{ category: 'summary' }]));
});

const toBirch = () => ({ kind: 'hospital', mspId: base.hospital(1).mspId }) as const;
const emergencyBasis = (emergencyId: string) => ({
  purpose: 'BTG',
  basis: { kind: 'emergency', emergencyId },
});

describe('what time it is', () => {
  test.each(EVERY_TRANSACTION)(
    'attack 35: %s with a time far from the peer’s clock is refused, and writes nothing',
    async (name) => {
      const world = base.fork();
      const { nowMs } = world.ledger;
      for (const timestampMs of [YEAR_2099, nowMs - DAY_MS, nowMs + SKEW_MS + 1, nowMs - SKEW_MS - 1]) {
        const before = world.ledger.world();
        await expect(world.run(reader, name, {}, { timestampMs })).rejects.toMatchObject({
          code: 'CLOCK_SKEWED',
        });
        expect(world.ledger.world()).toEqual(before);
      }
    },
  );

  test.each([
    ['ahead', SKEW_MS],
    ['behind', -SKEW_MS],
  ])('a time exactly the clock skew %s is taken', async (_where, ms) => {
    const world = base.fork();
    const timestampMs = world.ledger.nowMs + ms;
    await world.grant(patient, { grantee: toBirch(), validFrom: world.at(-SKEW_MS) as never });
    const intent = await world.declare(reader, record, {}, { timestampMs });
    expect(intent).toMatchObject({ declaredAt: world.at(ms), segments: [{ decision: 'permit' }] });
  });

  test('attack 10: an intent dated back into an expired consent is refused', async () => {
    const world = base.fork();
    await world.grant(patient, { grantee: toBirch(), validUntil: world.at(HOUR_MS) as never });
    const back = { timestampMs: world.ledger.nowMs + HOUR_MS - 1 };
    world.ledger.advance(2 * HOUR_MS);
    expect((await world.declare(reader, record)).segments).toMatchObject([{ code: 'NO_CONSENT' }]);
    await expect(world.declare(reader, record, {}, back)).rejects.toMatchObject({ code: 'CLOCK_SKEWED' });
  });

  test('attack 10: an intent dated forward into a consent, or before the emergency, opens nothing', async () => {
    const world = base.fork();
    await world.grant(patient, { grantee: toBirch(), validFrom: world.at(HOUR_MS) as never });
    const early = { timestampMs: world.ledger.nowMs + HOUR_MS };
    await expect(world.declare(reader, record, {}, early)).rejects.toMatchObject({ code: 'CLOCK_SKEWED' });
    const emergencyId = await world.emergency(reader, patient);
    const before = await world.declare(reader, record, emergencyBasis(emergencyId), {
      timestampMs: world.ledger.nowMs - 1,
    });
    expect(before.segments).toMatchObject([{ code: 'EMERGENCY_NOT_OPEN' }]);
  });

  test('attack 35: a clinician who dates emergencies beyond midnight opens no more than the quota', async () => {
    const world = base.fork();
    world.ledger.advance(Date.parse('2026-03-02T00:00:00.000Z') - SKEW_MS / 2 - world.ledger.nowMs);
    const beyond = { timestampMs: world.ledger.nowMs + SKEW_MS - 1 };
    const open = async (options?: object) =>
      world.run(reader, 'emergency:Open', await world.emergencyRequest(reader, patient), options);
    for (let count = 0; count < CLINICIAN_QUOTA; count += 1) await open(beyond);
    await expect(open()).rejects.toMatchObject({ code: 'EMERGENCY_QUOTA' });
    await expect(open({ timestampMs: world.ledger.nowMs - SKEW_MS })).rejects.toMatchObject({
      code: 'EMERGENCY_QUOTA',
    });
  });

  test('attack 10: a revocation in current state counts, whatever earlier time an intent claims', async () => {
    const world = base.fork();
    const consent = await world.grant(patient, { grantee: toBirch() });
    const before = world.ledger.nowMs;
    world.ledger.advance(1000);
    await world.revoke(patient, consent);
    const backdated = await world.declare(reader, record, {}, { timestampMs: before });
    expect(backdated.segments).toMatchObject([{ code: 'NO_CONSENT' }]);
  });

  test.each([
    ['one millisecond before the end', HOUR_MS - 1, 'permit'],
    ['at the end', HOUR_MS, 'deny'],
  ])('attack 11: a consent %s of its validity', async (_when, ms, decision) => {
    const world = base.fork();
    await world.grant(patient, { grantee: toBirch(), validUntil: world.at(HOUR_MS) as never });
    world.ledger.advance(ms);
    expect((await world.declare(reader, record)).segments).toMatchObject([{ decision }]);
  });

  test.each([
    ['one millisecond before the beginning', HOUR_MS - 1, 'deny'],
    ['at the beginning', HOUR_MS, 'permit'],
  ])('attack 11: a consent %s of its validity', async (_when, ms, decision) => {
    const world = base.fork();
    await world.grant(patient, { grantee: toBirch(), validFrom: world.at(HOUR_MS) as never });
    world.ledger.advance(ms);
    expect((await world.declare(reader, record)).segments).toMatchObject([{ decision }]);
  });

  test.each([
    ['one millisecond before the end', HOUR_MS - 1, { decision: 'permit' }],
    ['at the end', HOUR_MS, { code: 'EMERGENCY_EXPIRED' }],
  ])('attack 11: an emergency %s of its time box', async (_when, ms, answer) => {
    const world = base.fork();
    const emergencyId = await world.emergency(reader, patient);
    world.ledger.advance(ms);
    expect((await world.declare(reader, record, emergencyBasis(emergencyId))).segments).toMatchObject([
      answer,
    ]);
  });

  test.each([
    ['one millisecond before it is due', -1, undefined],
    ['when it is due', 0, 'EMERGENCY_SUSPENDED'],
  ])('attack 11: a review %s', async (_when, ms, code) => {
    const world = base.fork();
    await world.emergency(reader, patient);
    world.ledger.advance(24 * HOUR_MS + ms);
    const next = world.run(reader, 'emergency:Open', await world.emergencyRequest(reader, patient));
    if (code === undefined) await expect(next).resolves.toBeDefined();
    else await expect(next).rejects.toMatchObject({ code });
  });
});
