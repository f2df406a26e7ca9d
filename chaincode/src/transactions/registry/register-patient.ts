// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import type { ProvenGuardian } from '../../domain/guardian.js';
import { patientKeyStatement, registerPatient as request, type Patient } from '../../domain/registry.js';
import { requireRegistrar } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { requireOwnId } from '../../state/owned-id.js';
import { isPublicKey } from '../../state/public-key.js';
import { isStatementSignedBy } from '../../state/statements.js';
import { requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { requireProven, writeGuardian } from './guardians.js';

/**
 * A hospital's registrar opens a handle with the patient's own key, proven by the patient; only a rotation swaps it. The
 * handle was made for that key, so that no hospital that endorses the registration takes it first.
 */
export const registerPatient = submit(request, async (ledger, asked) => {
  await requireRegistrar(ledger);
  const { mspId } = ledger.caller;
  const statement = patientKeyStatement(ledger.channel, mspId, asked);
  if (!isPublicKey(asked.publicKey) || !isStatementSignedBy(asked.publicKey, statement, asked.proof))
    throw new DomainError('SIGNATURE_INVALID', 'the patient has not proven this key');
  requireOwnId(asked.handle, asked.publicKey);
  await requireAbsent(ledger, keys.patient(asked.handle));
  const patient: Patient = {
    v: 1,
    handle: asked.handle,
    mspId,
    publicKey: asked.publicKey,
    keyVersion: 1,
    status: 'active',
    registeredAt: ledger.now,
  };
  await write(ledger, keys.patient(asked.handle), patient);
  await writeGuardians(ledger, patient, asked.guardians ?? []);
  return { answer: patient, audit: { act: 'patient-registered', handle: asked.handle } };
});

/** Guardians of a patient who cannot name any; each has agreed by the own key, and the registrar answers for them. */
async function writeGuardians(
  ledger: Ledger,
  patient: Patient,
  guardians: readonly ProvenGuardian[],
): Promise<void> {
  if (new Set(guardians.map(({ statement }) => statement.guardianId)).size !== guardians.length)
    throw new DomainError('BAD_REQUEST', 'two guardians have one id');
  for (const guardian of guardians) {
    requireProven(ledger, patient.handle, guardian);
    await writeGuardian(ledger, guardian, 'registrar');
  }
}
