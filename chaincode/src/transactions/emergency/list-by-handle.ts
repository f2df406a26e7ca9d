// SPDX-License-Identifier: Apache-2.0
import { listEmergencies as request, type EmergencyPage } from '../../domain/emergency.js';
import { requireAnyone } from '../../state/caller.js';
import { readEmergencies } from '../../state/emergencies.js';
import { keys } from '../../state/keys.js';
import { pageNamed, read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { viewsOf } from './contests.js';
import { concerns } from './visible.js';

/** A handle's emergencies that concern the caller's hospital, page by page; at the patient's home that is all of them. */
export const listByHandle = evaluate(request, async (reader, asked): Promise<EmergencyPage> => {
  const { handle, pageSize } = asked;
  await requireAnyone(reader);
  const [patient, { values: named, bookmark }] = await Promise.all([
    read(reader, keys.patient(handle)),
    pageNamed(reader, keys.emergencyOf(handle), pageSize, asked.bookmark),
  ]);
  const known = await readEmergencies(reader, named);
  const visible = known.filter((emergency) => concerns(reader, emergency, patient?.mspId));
  const emergencies = await viewsOf(reader, visible);
  return bookmark === undefined ? { emergencies } : { emergencies, bookmark };
});
