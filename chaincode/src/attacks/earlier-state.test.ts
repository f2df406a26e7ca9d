// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { StartCeremony } from '../domain/custody.js';
import { keys, type Key } from '../state/keys.js';
import { encodeStored } from '../state/store.js';
import { ceremonyOf, confirmAll, dealAll, joinAll } from '../testing/ceremony.js';
import { emptyReadWriteSet } from '../testing/read-write-set.js';
import { commit } from '../testing/runner.js';
import { TestWorld } from '../testing/world.js';

/** Puts a value under a key, or takes it away, as the ledger of an earlier version has it. */
function asBefore(world: TestWorld, { kind, parts }: Key<unknown>, value?: object): void {
  const rwset = emptyReadWriteSet();
  rwset.writes.set(`\u0000${[kind, ...parts].join('\u0000')}\u0000`, value && encodeStored(value));
  commit(world.ledger, { rwset });
}

describe('state that an earlier version wrote', () => {
  test('an open ceremony whose starter has no pace yet can be ended, and its starter waits', async () => {
    const world = await TestWorld.found();
    const [{ custodian, mspId }, other] = [world.hospital(0), world.hospital(1)];
    const plan = () => ({
      ...{ ceremonyId: world.names.id('ceremony'), kind: 'refresh', threshold: 2 },
      members: world.hospitals.map((one) => one.mspId),
    });
    const open = plan();
    await world.run(custodian, 'custody:StartCeremony', open);
    asBefore(world, keys.ceremonyPace(mspId));
    world.ledger.advance(15 * 60_000);
    await world.run(other.custodian, 'custody:Abort', { ceremonyId: open.ceremonyId });
    await expect(world.run(custodian, 'custody:StartCeremony', plan())).rejects.toMatchObject({
      code: 'RATE_LIMITED',
    });
    await expect(world.run(other.custodian, 'custody:StartCeremony', plan())).resolves.toBeDefined();
  });

  test('a ceremony of an earlier version in which all members have dealt, or have also confirmed, ends with its key', async () => {
    const world = await TestWorld.found(undefined, false);
    const custodians = new Map(world.hospitals.map(({ mspId, custodian }) => [mspId, custodian]));
    const [first] = world.hospitals.map(({ custodian }) => custodian);
    if (first === undefined) throw new Error('no custodian');
    const ceremonyId = world.names.id('ceremony') as StartCeremony['ceremonyId'];
    const start = { ceremonyId, kind: 'dkg', threshold: 2, members: [...custodians.keys()] } as const;
    await world.run(first, 'custody:StartCeremony', start);
    await joinAll(world.ledger, custodians, start);
    const ceremony = await ceremonyOf(world.ledger, first, start);
    await dealAll(world.ledger, custodians, { ceremony, previous: undefined, old: new Map() });
    const outcome = keys.ceremonyOutcome(ceremonyId);
    const written = () => world.ledger.world()[[outcome.kind, ...outcome.parts].join('/')];
    const before = written();
    asBefore(world, outcome);
    const dealt = await ceremonyOf(world.ledger, first, start);
    await confirmAll(world.ledger, custodians, dealt, undefined);
    expect(written()).toEqual(before);
    asBefore(world, outcome);
    await world.run(first, 'custody:Activate', { ceremonyId });
    expect(written()).toEqual(before);
    const { answer } = await world.run(first, 'custody:GetCurrent', {});
    expect(answer).toMatchObject(before as object);
  });

  test('abuse of which it does not say who found it halves the quota of the hospital', async () => {
    const world = await TestWorld.found();
    const { mspId, gateway } = world.hospital(1);
    const emergencyId = world.ownId('emergency', mspId);
    const person = { practitionerId: world.names.id('practitioner'), personTag: world.names.bytes32() };
    asBefore(world, keys.emergencyAbuse(mspId, emergencyId), person);
    const { answer } = await world.run(gateway, 'emergency:Metrics', { mspId });
    expect(answer).toMatchObject({ abuse: 1, quota: 25 });
  });
});
