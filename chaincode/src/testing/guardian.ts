// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto';
import {
  guardianRemoval,
  guardianStatement,
  type ProvenGuardian,
  type RegisterGuardian,
  type RemoveGuardian,
} from '../domain/guardian.js';
import type { GuardianId } from '../domain/ids.js';
import { newKey, signStatement, type TestPatient } from './patient.js';
import type { TestWorld } from './world.js';

/** A guardian of one handle, with the own key. */
export type TestGuardian = Readonly<{ guardianId: GuardianId; publicKey: string; privateKey: KeyObject }>;

/** Somebody with a fresh key. */
export function newGuardian(world: TestWorld): TestGuardian {
  return { guardianId: world.names.id('guardian') as GuardianId, ...newKey() };
}

/** A guardian's agreement to be one of a handle. */
export function agreement(
  world: TestWorld,
  { handle }: Pick<TestPatient, 'handle'>,
  guardian: TestGuardian,
  change: Readonly<Record<string, unknown>> = {},
): ProvenGuardian {
  const { guardianId, publicKey } = guardian;
  const fields = { v: 1, kind: 'guardian', channel: 'tutela', handle, guardianId, publicKey };
  const once = { signedAt: world.ledger.now, nonce: world.names.nonce(), ...change };
  const statement = guardianStatement({ ...fields, ...once }, 'statement');
  return { statement, proof: signStatement(guardian, statement) };
}

/** Arguments of `registry:RegisterGuardian`, signed by both. */
export function guardianOf(world: TestWorld, patient: TestPatient, guardian: TestGuardian): RegisterGuardian {
  const agreed = agreement(world, patient, guardian);
  return { ...agreed, signature: signStatement(patient, agreed.statement) };
}

/** Arguments of `registry:RemoveGuardian`, signed by the patient or the guardian. */
export function removalOf(
  world: TestWorld,
  { handle }: Pick<TestPatient, 'handle'>,
  guardianId: GuardianId,
  signer: Pick<TestPatient, 'privateKey'>,
): RemoveGuardian {
  const fields = { v: 1, kind: 'guardian-removal', channel: 'tutela', handle, guardianId };
  const once = { signedAt: world.ledger.now, nonce: world.names.nonce() };
  const statement = guardianRemoval({ ...fields, ...once }, 'statement');
  return { statement, signature: signStatement(signer, statement) };
}
