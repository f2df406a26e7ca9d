// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { byIntent, type Intent } from '../../domain/intent.js';
import { isProcess, requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';

/** A declared intent, for its requester, the processes of that hospital, and custodians. */
export const getIntent = evaluate(byIntent, async (reader, { intentId }) => {
  await requireAnyone(reader);
  const intent = await read(reader, keys.intent(intentId));
  if (intent === undefined || !mayKnow(reader, intent)) throw new DomainError('NOT_FOUND', 'no such intent');
  return intent;
});

function mayKnow(reader: Reader, { requester }: Intent): boolean {
  const { mspId, id, role } = reader.caller;
  if (role === 'custodian') return true;
  return mspId === requester.mspId && (id === requester.practitionerId || isProcess(reader));
}
