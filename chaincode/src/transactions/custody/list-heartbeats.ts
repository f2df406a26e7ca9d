// SPDX-License-Identifier: Apache-2.0
import { nothing } from '../../domain/registry.js';
import { keys } from '../../state/keys.js';
import { list } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** The newest sign of life of each custodian. */
export const listHeartbeats = evaluate(nothing, async (reader) => ({
  heartbeats: await list(reader, keys.heartbeat()),
}));
