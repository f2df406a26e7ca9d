// SPDX-License-Identifier: Apache-2.0
import { voteDegraded, type DegradedVote } from '../../domain/degraded.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { read, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { DomainError } from '../../domain/errors.js';
import { keepPastVote, requireFewVotes } from './mode-at.js';
import { degradedState } from './state.js';

/** A hospital says whether emergencies may open while the ledger stalls; its newest vote counts. */
export const vote = submit(voteDegraded, async (ledger, { mode }) => {
  await requireProcess(ledger, ['custodian', 'operator']);
  const { mspId } = ledger.caller;
  const key = keys.degradedVote(mspId);
  const past = (await read(ledger, key))?.mode;
  if (past === mode) throw new DomainError('ALREADY_EXISTS', 'the hospital has voted so already');
  if (mode === 'on') await requireFewVotes(ledger, mspId);
  const before = await degradedState(ledger);
  const cast: DegradedVote = { v: 1, mspId, mode, at: ledger.now, txId: ledger.txId };
  await keepPastVote(ledger, mspId, past ?? 'off');
  await write(ledger, key, cast);
  const votes = [...before.votes.filter((one) => one.mspId !== mspId), cast];
  return { answer: { needed: before.needed, votes }, audit: { act: 'degraded-voted' } };
});
