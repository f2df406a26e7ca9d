// SPDX-License-Identifier: Apache-2.0
import type { EmergencyId } from '../../domain/ids.js';
import { byHandle } from '../../domain/registry.js';
import { requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { listNamed, read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { withReviewDue } from './review-due.js';
import { concerns } from './visible.js';

/** A handle's emergencies that concern the caller's hospital; at the patient's home that is all of them. */
export const listByHandle = evaluate(byHandle, async (reader, { handle }) => {
  await requireAnyone(reader);
  const [patient, named] = await Promise.all([
    read(reader, keys.patient(handle)),
    listNamed(reader, keys.emergencyOf(handle)),
  ]);
  // The last part of the key is the id that was decoded when it was written.
  const all = await Promise.all(named.map(({ name }) => read(reader, keys.emergency(name as EmergencyId))));
  const known = all.filter((emergency) => emergency !== undefined);
  const visible = known.filter((emergency) => concerns(reader, emergency, patient?.mspId));
  return { emergencies: await Promise.all(visible.map((emergency) => withReviewDue(reader, emergency))) };
});
