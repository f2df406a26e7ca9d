// SPDX-License-Identifier: Apache-2.0
import type { Key } from '../state/keys.js';
import { encodeStored } from '../state/store.js';
import { emptyReadWriteSet } from './read-write-set.js';
import { commit } from './runner.js';
import type { TestWorld } from './world.js';

/** Writes at once what many transactions, or transactions of an earlier version, leave on the ledger. */
export function putState(
  { ledger }: Pick<TestWorld, 'ledger'>,
  values: readonly (readonly [Key<unknown>, unknown])[],
): void {
  const rwset = emptyReadWriteSet();
  for (const [{ kind, parts }, value] of values)
    rwset.writes.set(`\u0000${[kind, ...parts, ''].join('\u0000')}`, encodeStored(value));
  commit(ledger, { rwset });
}
