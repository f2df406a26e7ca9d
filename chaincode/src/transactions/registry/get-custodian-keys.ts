// SPDX-License-Identifier: Apache-2.0
import { byHospital } from '../../domain/registry.js';
import { keys } from '../../state/keys.js';
import { readExisting } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** Every key with which a hospital's custodian ever signed, oldest first, and when each was in use. */
export const getCustodianKeys = evaluate(byHospital, (reader, { mspId }) =>
  readExisting(reader, keys.custodianKeys(mspId)),
);
