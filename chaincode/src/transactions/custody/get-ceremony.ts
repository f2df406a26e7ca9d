// SPDX-License-Identifier: Apache-2.0
import { byCeremony } from '../../domain/custody.js';
import { evaluate } from '../../state/transaction.js';
import { readCeremony } from './ceremony-state.js';

/** One ceremony with everything that was published in it. */
export const getCeremony = evaluate(byCeremony, (reader, { ceremonyId }) => readCeremony(reader, ceremonyId));
