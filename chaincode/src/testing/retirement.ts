// SPDX-License-Identifier: Apache-2.0
import type { GuardianId } from '../domain/ids.js';
import {
  retirementObjection,
  retirementStatement,
  type NamedRetirement,
  type RetiredVersion,
  type SignedObjection,
  type SignedRetirement,
} from '../domain/retirement.js';
import { signed, signStatement, type TestPatient } from './patient.js';
import type { TestWorld } from './world.js';

/** The patient's own word that a version is to be destroyed once it is sealed anew. */
export function retirementBy(
  world: TestWorld,
  patient: TestPatient,
  { recordId, version }: RetiredVersion,
): SignedRetirement {
  const fields = { ...about(world, patient, 'retirement'), recordId, version };
  return signed(patient, retirementStatement(fields, 'statement'));
}

/** An objection of the patient, or of a guardian, to one order. */
export function objectionTo(
  world: TestWorld,
  { recordId, version, orderTxId }: NamedRetirement,
  patient: Pick<TestPatient, 'handle'>,
  signer: Pick<TestPatient, 'privateKey'>,
  change: Readonly<{ guardianId?: GuardianId }> = {},
): SignedObjection {
  const fields = {
    ...about(world, patient, 'retirement-objection'),
    recordId,
    version,
    orderTxId,
    ...change,
  };
  const statement = retirementObjection(fields, 'statement');
  return { statement, signature: signStatement(signer, statement) };
}

function about(world: TestWorld, { handle }: Pick<TestPatient, 'handle'>, kind: string): object {
  const once = { signedAt: world.ledger.now, nonce: world.names.nonce() };
  return { v: 1, kind, channel: 'tutela', handle, ...once };
}
