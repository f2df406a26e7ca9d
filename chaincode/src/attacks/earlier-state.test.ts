// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { keys, type Key } from '../state/keys.js';
import { encodeStored } from '../state/store.js';
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
