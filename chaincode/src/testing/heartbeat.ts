// SPDX-License-Identifier: Apache-2.0
import { PERIOD_MS } from '../domain/period.js';
import type { TestHospital } from './hospital.js';
import type { TestWorld } from './world.js';

/** A hospital's custodian writes a heartbeat. */
export async function beat(world: TestWorld, at: TestHospital): Promise<void> {
  const hash = world.names.bytes32();
  await world.run(at.custodian, 'custody:Heartbeat', { height: 1, blockHash: hash, journalHead: hash });
}

/** A period of the ledger passes, and a custodian begins the next one. */
export async function passPeriod(world: TestWorld, at: TestHospital = world.hospital(2)): Promise<void> {
  world.ledger.advance(PERIOD_MS);
  await beat(world, at);
}
