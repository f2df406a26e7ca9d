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
import type { RecordVersion } from '../domain/record.js';
import { signed, signStatement, type TestPatient } from './patient.js';
import type { TestWorld } from './world.js';

/** The patient's signature that a version is to be destroyed now that it is sealed anew, as the ledger has the next one. */
export function retirementBy(
  world: TestWorld,
  patient: TestPatient,
  { recordId, version }: RetiredVersion,
  manifestHash: string = nextOf(world, { recordId, version }),
): SignedRetirement {
  const fields = { ...about(world, patient, 'retirement'), v: 2, recordId, version, manifestHash };
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

/** The hash of the next version's manifest; some other one where there is none. */
function nextOf(world: TestWorld, { recordId, version }: RetiredVersion): string {
  const key = `record/${recordId}/${String(version + 1).padStart(7, '0')}`;
  const next = world.ledger.world()[key] as Pick<RecordVersion, 'manifestHash'> | undefined;
  return next?.manifestHash ?? world.names.bytes32();
}

function about(world: TestWorld, { handle }: Pick<TestPatient, 'handle'>, kind: string): object {
  const once = { signedAt: world.ledger.now, nonce: world.names.nonce() };
  return { v: 1, kind, channel: 'tutela', handle, ...once };
}
