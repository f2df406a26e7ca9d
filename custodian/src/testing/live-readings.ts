// SPDX-License-Identifier: Apache-2.0
import v8 from 'node:v8';
import vm from 'node:vm';
import type { Ledger } from '../ledger/ledger.js';

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

/**
 * Changes what a peer answers to one transaction from now on; the function that it returns counts the answers that are
 * still in memory.
 */
export function liveReadings(
  peer: Ledger,
  of: string,
  change: (answer: object) => object = (answer) => answer,
): () => number {
  const marks: WeakRef<object>[] = [];
  const evaluate = peer.evaluate.bind(peer);
  // A spy of the test's framework would hold every answer itself.
  const marking: Ledger['evaluate'] = async (transaction, body) => {
    const answer = await evaluate(transaction, body);
    if (transaction !== of) return answer;
    // A decoder passes on, as it is, what it does not know.
    const mark = {};
    marks.push(new WeakRef(mark));
    return { ...change(answer as object), mark };
  };
  Object.assign(peer, { evaluate: marking });
  return () => {
    collectGarbage();
    return marks.filter((one) => one.deref() !== undefined).length;
  };
}
