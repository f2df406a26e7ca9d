// SPDX-License-Identifier: Apache-2.0
import type { DegradedState } from '../../domain/degraded.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { list, read } from '../../state/store.js';

/**
 * The mode in force: on only while a majority of the present custodians, and as many as open a record, vote for it. A
 * hospital that takes its vote back, or leaves, can therefore only close it.
 */
export async function degradedState(reader: Reader): Promise<DegradedState> {
  const custodians = await read(reader, keys.custodians());
  const active = (custodians?.members ?? (await list(reader, keys.hospital()))).map(({ mspId }) => mspId);
  const cast = await Promise.all(active.map((mspId) => read(reader, keys.degradedVote(mspId))));
  const votes = cast.filter((one) => one !== undefined);
  const majority = Math.floor(active.length / 2) + 1;
  const needed = Math.max(majority, custodians?.threshold ?? 0);
  const inFavour = votes.filter(({ mode }) => mode === 'on').length;
  return { mode: custodians !== undefined && inFavour >= needed ? 'on' : 'off', needed, votes };
}
