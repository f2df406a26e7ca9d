// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import { PERIOD_MS } from '../domain/period.js';
import { type Chart, foundChart } from '../testing/chart.js';
import { beat, passPeriod } from '../testing/heartbeat.js';
import type { Identity } from '../testing/identity.js';
import { nameRotation, rotationRequest, withNewKey } from '../testing/key-rotation.js';
import { commit, endorse } from '../testing/runner.js';
import { suspensionBy } from '../testing/suspension.js';
import type { TestWorld } from '../testing/world.js';

let base: Chart['base'];
let reader: Chart['reader'];
let patient: Chart['patient'];

beforeAll(async () => {
  ({ base, reader, patient } = await foundChart([{ category: 'summary' }]));
});

type Act = Readonly<{ by: Identity; name: string; request: object }>;

const toBirch = () => ({ kind: 'hospital', mspId: base.hospital(1).mspId }) as const;

/** Everything that somebody may want to keep for another day. */
const ACTS: Readonly<Record<string, (world: TestWorld) => Promise<Act>>> = {
  'a consent': (world) =>
    Promise.resolve({
      by: world.hospital(0).gateway,
      name: 'consent:Grant',
      request: world.consent(patient, { grantee: toBirch() }),
    }),
  'a revocation': async (world) => {
    const consent = await world.grant(patient, { grantee: toBirch() });
    const request = world.revocation(patient, consent);
    return { by: world.hospital(0).gateway, name: 'consent:Revoke', request };
  },
  'a lift of a suspension': async (world) => {
    const signers = await Promise.all(
      [0, 2].map((at) => world.practitioner(world.hospital(at), 'administrator')),
    );
    await world.run(
      world.hospital(0).registrar,
      'registry:SuspendPractitioner',
      suspensionBy(world, reader, signers),
    );
    const request = { mspId: reader.mspId, practitionerId: reader.id };
    return { by: world.hospital(0).registrar, name: 'registry:LiftSuspension', request };
  },
  'an emergency': async (world) => ({
    by: reader,
    name: 'emergency:Open',
    request: await world.emergencyRequest(reader, patient),
  }),
  'an approval of a new key': async (world) => {
    const request = rotationRequest(world, withNewKey(patient));
    await world.run(world.hospital(0).registrar, 'registry:RequestKeyRotation', request);
    const named = nameRotation(world, patient);
    return { by: world.hospital(1).registrar, name: 'registry:ApproveKeyRotation', request: named };
  },
};

describe('a transaction that was endorsed and withheld', () => {
  test.each(Object.entries(ACTS))(
    'attack 35: %s, ordered in a later period, is invalid',
    async (_what, prepare) => {
      const world = base.fork();
      await beat(world, world.hospital(2));
      const { by, name, request } = await prepare(world);
      const { stub } = await endorse(world.ledger, by, name, request);
      await passPeriod(world);
      const before = world.ledger.world();
      expect(world.ledger.commit(stub)).toBe('MVCC_READ_CONFLICT');
      expect(world.ledger.world()).toEqual(before);
    },
  );

  test.each(Object.entries(ACTS))(
    'attack 35: %s from before the first heartbeat of all is invalid after it',
    async (_what, prepare) => {
      const world = base.fork();
      const { by, name, request } = await prepare(world);
      const { stub } = await endorse(world.ledger, by, name, request);
      await beat(world, world.hospital(2));
      expect(world.ledger.commit(stub)).toBe('MVCC_READ_CONFLICT');
    },
  );

  test.each(Object.entries(ACTS))('%s, ordered in its own period, is valid', async (_what, prepare) => {
    const world = base.fork();
    await beat(world, world.hospital(2));
    const { by, name, request } = await prepare(world);
    const { stub } = await endorse(world.ledger, by, name, request);
    world.ledger.advance(PERIOD_MS - 1);
    await beat(world, world.hospital(2));
    expect(() => {
      commit(world.ledger, stub);
    }).not.toThrow();
  });

  test('attack 26: a consent that its patient signed long ago is granted by no peer', async () => {
    const world = base.fork();
    const consent = world.consent(patient, { grantee: toBirch() });
    const signedAt = { timestampMs: world.ledger.nowMs };
    world.ledger.advance(365 * 24 * 3_600_000);
    const grant = (options?: object) =>
      world.run(world.hospital(0).gateway, 'consent:Grant', consent, options);
    await expect(grant(signedAt)).rejects.toMatchObject({ code: 'CLOCK_SKEWED' });
    await expect(grant()).rejects.toMatchObject({ code: 'STATEMENT_EXPIRED' });
  });

  test('attack: a touch of a passkey that was kept for hours opens nothing', async () => {
    const world = base.fork();
    const request = await world.emergencyRequest(reader, patient);
    const touchedAt = { timestampMs: world.ledger.nowMs };
    world.ledger.advance(4 * 3_600_000);
    const open = (options?: object) => world.run(reader, 'emergency:Open', request, options);
    await expect(open(touchedAt)).rejects.toMatchObject({ code: 'CLOCK_SKEWED' });
    await expect(open()).rejects.toMatchObject({ code: 'STATEMENT_EXPIRED' });
  });
});

describe('periods', () => {
  const periodOf = (world: TestWorld) => world.ledger.world()['period'];

  test('begin with a heartbeat, and with the first one that comes when the last one is over', async () => {
    const world = base.fork();
    expect(periodOf(world)).toBeUndefined();
    await beat(world, world.hospital(0));
    const first = { v: 1, at: world.ledger.now };
    expect(periodOf(world)).toEqual(first);
    world.ledger.advance(PERIOD_MS - 1);
    await beat(world, world.hospital(1));
    expect(periodOf(world)).toEqual(first);
    world.ledger.advance(1);
    await beat(world, world.hospital(1));
    expect(periodOf(world)).toEqual({ v: 1, at: world.ledger.now });
  });

  test('attack 35: periods begin at most as often as they last, whatever times a custodian claims', async () => {
    const world = base.fork();
    await beat(world, world.hospital(0));
    const hash = world.names.bytes32();
    const request = { height: 1, blockHash: hash, journalHead: hash };
    const began = new Set([JSON.stringify(periodOf(world))]);
    for (let minute = 0; minute < 60; minute += 1) {
      world.ledger.advance(60_000);
      const timestampMs = world.ledger.nowMs + PERIOD_MS;
      await world.run(world.hospital(2).custodian, 'custody:Heartbeat', request, { timestampMs });
      began.add(JSON.stringify(periodOf(world)));
    }
    // An hour has twelve periods; the first claim that is ahead gains one more.
    expect(began.size).toBeLessThanOrEqual(14);
  });
});
