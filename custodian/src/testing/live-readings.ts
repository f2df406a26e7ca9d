// SPDX-License-Identifier: Apache-2.0
import v8 from 'node:v8';
import vm from 'node:vm';
import { jest } from '@jest/globals';
import type { Ledger } from '../ledger/ledger.js';

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

/** How many answers of a kind, of those that a peer gives from now on, are still held in memory. */
export function liveReadings(peer: Ledger, of: string): () => number {
  const marks: WeakRef<object>[] = [];
  const evaluate = peer.evaluate.bind(peer);
  jest.spyOn(peer, 'evaluate').mockImplementation(async (transaction, body) => {
    const answer = await evaluate(transaction, body);
    if (transaction !== of) return answer;
    // A decoder passes on, as it is, what it does not know.
    const mark = {};
    marks.push(new WeakRef(mark));
    return { ...(answer as object), mark };
  });
  return () => {
    collectGarbage();
    return marks.filter((one) => one.deref() !== undefined).length;
  };
}
