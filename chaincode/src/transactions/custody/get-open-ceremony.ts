// SPDX-License-Identifier: Apache-2.0
import { nothing } from '../../domain/registry.js';
import { evaluate } from '../../state/transaction.js';
import { openCeremonyId, readCeremony } from './ceremony-state.js';

/** The ceremony that is open, under the name `ceremony`; the name is missing when none is. */
export const getOpenCeremony = evaluate(nothing, async (reader) => {
  const id = await openCeremonyId(reader);
  return id === undefined ? {} : { ceremony: await readCeremony(reader, id) };
});
