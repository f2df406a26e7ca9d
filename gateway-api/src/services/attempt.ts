// SPDX-License-Identifier: Apache-2.0
import type { KeptTransaction, TransactionKeeper } from '../ledger/ledger.js';
import type { KeyedName } from '../ledger/transactions.js';

/** Length of the seed of a request, in bytes. */
export const SEED_BYTES = 32;

/** One try of a keyed request. Ids derived from `seed` are the same when the request is tried again. */
export type Attempt = TransactionKeeper &
  Readonly<{
    seed: Uint8Array;
    /** What an earlier try, of this or a killed process, noted; undefined on the first. */
    noted: () => object | undefined;
    /** Notes something durably before the next step is taken. */
    note: (value: object) => void;
  }>;

/** A try that only this process remembers. */
export function attemptInMemory(seed: Uint8Array): Attempt {
  let noted: object | undefined;
  const transactions = new Map<KeyedName, KeptTransaction>();
  return {
    seed,
    noted: () => noted,
    note: (value) => {
      noted = structuredClone(value);
    },
    kept: (name) => transactions.get(name),
    keep: (name, transaction) => {
      transactions.set(name, transaction);
    },
  };
}
