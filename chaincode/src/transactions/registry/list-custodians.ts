// SPDX-License-Identifier: Apache-2.0
import { nothing } from '../../domain/registry.js';
import { keys } from '../../state/keys.js';
import { list } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** All registered custodians: where they answer, and with which key they sign. */
export const listCustodians = evaluate(nothing, async (reader) => ({
  custodians: await list(reader, keys.custodian()),
}));
