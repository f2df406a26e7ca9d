// SPDX-License-Identifier: Apache-2.0
import { byHospital } from '../../domain/registry.js';
import { keys } from '../../state/keys.js';
import { readExisting } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** One member hospital, for whoever may speak on the channel. */
export const getHospital = evaluate(byHospital, (reader, { mspId }) =>
  readExisting(reader, keys.hospital(mspId)),
);
