// SPDX-License-Identifier: Apache-2.0
import { byEpoch } from '../../domain/custody.js';
import { keys } from '../../state/keys.js';
import { readExisting } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** The custodian set of one epoch, past or present. */
export const getEpoch = evaluate(byEpoch, (reader, { epoch }) =>
  readExisting(reader, keys.custodiansOf(epoch)),
);
