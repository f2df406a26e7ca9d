// SPDX-License-Identifier: Apache-2.0
import { reportDegraded } from '../../domain/degraded.js';
import { DomainError } from '../../domain/errors.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { read } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { attested } from './attested.js';
import { recordRequest } from './record-request.js';

/** The hospital of who asked tells of an emergency that t custodians acknowledged, should their own entries be late. */
export const report = submit(reportDegraded, async (ledger, asked) => {
  await requireProcess(ledger, ['gateway']);
  if (asked.request.statement.requester.mspId !== ledger.caller.mspId)
    throw new DomainError('CALLER_NOT_ENTITLED', 'a gateway reports its own clinicians’ emergencies');
  const found = await attested(ledger, asked);
  if (found.by.length < found.set.threshold)
    throw new DomainError(
      'TOO_FEW_ACKNOWLEDGEMENTS',
      'fewer custodians than it takes have acknowledged this',
    );
  if ((await read(ledger, keys.degradedRequest(found.requestHash)))?.opened !== undefined)
    throw new DomainError('ALREADY_EXISTS', 'the emergency stands on the ledger already');
  const audit = await recordRequest(ledger, asked.request, found);
  const { emergencyId, intentId } = audit;
  return { answer: { requestHash: found.requestHash, emergencyId, intentId }, audit };
});
