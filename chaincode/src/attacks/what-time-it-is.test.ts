// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Chart, foundChart } from '../testing/chart.js';

const HOUR_MS = 3_600_000;
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
  test('attack 10: an intent dated back into an expired consent is itself over before a custodian sees it', async () => {
    const world = base.fork();
    await world.grant(patient, { grantee: toBirch(), validUntil: world.at(HOUR_MS) as never });
    const back = world.ledger.nowMs + HOUR_MS - 1;
    world.ledger.advance(2 * HOUR_MS);
    expect((await world.declare(reader, record)).segments).toMatchObject([{ code: 'NO_CONSENT' }]);
    const backdated = await world.declare(reader, record, {}, { timestampMs: back });
    expect(backdated.expiresAt < world.ledger.now).toBe(true);
  });

  test('attack 10: an intent dated forward, or before the emergency, opens nothing that it should not', async () => {
    const world = base.fork();
    await world.grant(patient, { grantee: toBirch(), validUntil: world.at(HOUR_MS) as never });
    const late = await world.declare(reader, record, {}, { timestampMs: world.ledger.nowMs + HOUR_MS });
    expect(late.segments).toMatchObject([{ code: 'NO_CONSENT' }]);
    const emergencyId = await world.emergency(reader, patient);
    const early = { timestampMs: world.ledger.nowMs - 1 };
    const before = await world.declare(reader, record, emergencyBasis(emergencyId), early);
    expect(before.segments).toMatchObject([{ code: 'EMERGENCY_NOT_OPEN' }]);
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
