// SPDX-License-Identifier: Apache-2.0
import type { Emergency } from '../../domain/emergency.js';
import type { Practitioner } from '../../domain/registry.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { read } from '../../state/store.js';

/** The second clinician and the duty officer of an emergency, as the ledger knows them now. */
export async function vouchersOf(
  reader: Reader,
  { cosigner, dutyOfficer }: Emergency,
): Promise<readonly Practitioner[]> {
  const actors = [cosigner, dutyOfficer].filter((actor) => actor !== undefined);
  const found = await Promise.all(
    actors.map(({ mspId, practitionerId }) => read(reader, keys.practitioner(mspId, practitionerId))),
  );
  return found.filter((person) => person !== undefined);
}
