// SPDX-License-Identifier: Apache-2.0
import { reportDegraded } from '../../domain/degraded.js';
import { DomainError } from '../../domain/errors.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { read } from '../../state/store.js';
import { submit } from '../../state/transaction.js';
import { attested } from './attested.js';
import { recordRequest } from './record-request.js';

/** The requester's hospital reports an emergency that t custodians acknowledged, should their own entries be late. */
export const report = submit(reportDegraded, async (ledger, asked) => {
  await requireProcess(ledger, ['gateway']);
  if (asked.request.statement.requester.mspId !== ledger.caller.mspId)
    throw new DomainError('CALLER_NOT_ENTITLED', 'a gateway reports its own clinicians’ emergencies');
  const found = await attested(ledger, asked);
  const { requestHash } = found;
  if ((await read(ledger, keys.degradedRequest(requestHash)))?.opened !== undefined)
    throw new DomainError('ALREADY_EXISTS', 'the emergency is on the ledger already');
  if (!found.isEnough && !found.isTooLate)
    throw new DomainError(
      'TOO_FEW_ACKNOWLEDGEMENTS',
      'fewer custodians of the set in force have acknowledged this than it takes',
    );
  const { opened, refusal, audit } = await recordRequest(ledger, asked.request, found);
  if (refusal !== undefined) throw refusal;
  return { answer: { requestHash, emergencyId: opened?.emergencyId, intentId: opened?.intentId }, audit };
});
