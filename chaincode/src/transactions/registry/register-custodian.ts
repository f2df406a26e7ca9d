// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { registerCustodian as request, type Custodian } from '../../domain/registry.js';
import { requireProcess } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { requirePublicKey } from '../../state/public-key.js';
import { read, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/** A hospital's custodian says where it answers and with which key it signs; it may say so anew. */
export const registerCustodian = submit(request, async (ledger, { url, publicKey }) => {
  await requireProcess(ledger, ['custodian']);
  requirePublicKey(publicKey);
  const { mspId } = ledger.caller;
  const before = await read(ledger, keys.custodian(mspId));
  if (before?.url === url && before.publicKey === publicKey)
    throw new DomainError('ALREADY_EXISTS', 'the custodian is registered so already');
  const custodian: Custodian = { v: 1, mspId, url, publicKey, status: 'active', registeredAt: ledger.now };
  await write(ledger, keys.custodian(mspId), custodian);
  return { answer: custodian, audit: { act: 'custodian-registered' } };
});
