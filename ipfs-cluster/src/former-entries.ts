// SPDX-License-Identifier: Apache-2.0
import type { PinsetEntry } from './cluster-peer.js';
import { inPool } from './policy/batches.js';

/** So many entries of a former version are replaced with one list of them. */
const MAX_AT_ONCE = 1_000;
const PARALLEL = 8;

/** Has some of the entries made anew that a former version made otherwise; the rest comes with the next list. */
export async function replaceFormer(
  entries: readonly PinsetEntry[],
  enterAnew: (cid: string, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const former = entries.filter(({ isFormer }) => isFormer).slice(0, MAX_AT_ONCE);
  await inPool(former, PARALLEL, ({ cid }) => enterAnew(cid, signal));
}
