// SPDX-License-Identifier: Apache-2.0
import { byHandle } from '../../domain/registry.js';
import { evaluate } from '../../state/transaction.js';
import { guardiansOf } from './guardians.js';
import { patientFor } from './get-patient.js';

/** The guardians of a handle, for those who may know the handle. */
export const listGuardians = evaluate(byHandle, async (reader, { handle }) => {
  await patientFor(reader, handle);
  return { guardians: await guardiansOf(reader, handle) };
});
