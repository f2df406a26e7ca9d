// SPDX-License-Identifier: Apache-2.0
import type { PendingAct } from '../domain/sighting.js';
import type { TestHospital } from './hospital.js';
import type { TestWorld } from './world.js';

/** The custodians of some hospitals, of all by default, see an act whose public delay is not over. */
export async function seeAct(
  world: TestWorld,
  act: string,
  hospitals: readonly TestHospital[] = world.hospitals,
): Promise<void> {
  const { answerHash } = world.ledger.world()[`pending-act/${act}`] as PendingAct;
  for (const { custodian } of hospitals) await world.run(custodian, 'custody:Sight', { act, answerHash });
}
