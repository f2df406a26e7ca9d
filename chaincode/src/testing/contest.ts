// SPDX-License-Identifier: Apache-2.0
import type { GuardianId } from '../domain/ids.js';
import { signed, type TestPatient } from './patient.js';
import type { TestWorld } from './world.js';

/** Arguments of `emergency:Contest`, signed by the patient, or by the guardian whom it names. */
export function contestOf(
  world: TestWorld,
  { handle, privateKey }: Pick<TestPatient, 'handle' | 'privateKey'>,
  emergencyId: string,
  guardianId?: GuardianId,
): object {
  const statement = { v: 1, kind: 'contest', channel: 'tutela', emergencyId, handle };
  return signed(
    { privateKey },
    { ...statement, nonce: world.names.nonce(), ...(guardianId && { guardianId }) },
  );
}
