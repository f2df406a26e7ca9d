// SPDX-License-Identifier: Apache-2.0
import type { Emergency } from '../domain/emergency.js';
import { emergencyId } from '../domain/ids.js';
import { keys } from './keys.js';
import type { Reader } from './ledger.js';
import { read } from './store.js';

/** An entry of a list of emergencies; the last part of its key is the emergency's id. */
type Named = Readonly<{ name: string }>;

/** The emergency that an entry of a list names, or undefined. */
export async function readEmergency(reader: Reader, { name }: Named): Promise<Emergency | undefined> {
  return read(reader, keys.emergency(emergencyId(name, 'emergencyId')));
}

/** The emergencies that entries of a list name, in their order; those that do not exist are left out. */
export async function readEmergencies(
  reader: Reader,
  named: readonly Named[],
): Promise<readonly Emergency[]> {
  const found = await Promise.all(named.map((entry) => readEmergency(reader, entry)));
  return found.filter((emergency) => emergency !== undefined);
}
