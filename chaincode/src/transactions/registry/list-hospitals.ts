// SPDX-License-Identifier: Apache-2.0
import { nothing } from '../../domain/registry.js';
import { keys } from '../../state/keys.js';
import { list } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** All member hospitals. */
export const listHospitals = evaluate(nothing, async (reader) => ({
  hospitals: await list(reader, keys.hospital()),
}));
