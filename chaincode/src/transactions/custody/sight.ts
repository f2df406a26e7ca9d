// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { sightAct } from '../../domain/sighting.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { read, requireAbsent, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/** A custodian has seen an act with a public delay in a block of its own peer: once, and only while that very act waits. */
export const sight = submit(sightAct, async (ledger, { act, answerHash }) => {
  await requireProcess(ledger, ['custodian']);
  const { caller, now: at, txId } = ledger;
  const { mspId } = caller;
  const pending = await read(ledger, keys.pendingAct(act));
  if (pending?.answerHash !== answerHash)
    throw new DomainError('NOT_FOUND', 'no such act waits for its delay');
  const key = keys.sighting(act, mspId);
  await requireAbsent(ledger, key);
  await write(ledger, key, { v: 1, act, answerHash, mspId, at, txId });
  return { audit: { act: 'act-sighted' } };
});
