// SPDX-License-Identifier: Apache-2.0
import { erasureStatement, type EraseRecord } from '../domain/erasure.js';
import { signed, type TestPatient } from './patient.js';
import type { TestWorld } from './world.js';

/** Arguments of `record:Erase`: the patient's signed order to erase a record. */
export function erasureBy(world: TestWorld, patient: TestPatient, recordId: string): EraseRecord {
  const { handle } = patient;
  const statement = {
    ...{ v: 1, kind: 'erasure', channel: 'tutela', recordId, handle },
    erasureId: world.ownId('erasure', handle),
    ...{ signedAt: world.ledger.now, nonce: world.names.nonce() },
  };
  return signed(patient, erasureStatement(statement, 'statement'));
}
