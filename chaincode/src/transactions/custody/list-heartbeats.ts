// SPDX-License-Identifier: Apache-2.0
import { nothing } from '../../domain/registry.js';
import { keys } from '../../state/keys.js';
import { readPeriod } from '../../state/period.js';
import { list } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** The newest sign of life of each custodian, and the period of the ledger that one of them began. */
export const listHeartbeats = evaluate(nothing, async (reader) => {
  const period = await readPeriod(reader);
  return {
    heartbeats: await list(reader, keys.heartbeat()),
    ...(period !== undefined && { period }),
  };
});
