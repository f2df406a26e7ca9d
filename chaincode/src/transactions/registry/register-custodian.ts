// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import {
  MAX_CUSTODIAN_KEYS,
  registerCustodian as request,
  type Custodian,
  type CustodianKey,
} from '../../domain/registry.js';
import { requireProcess } from '../../state/caller.js';
import { custodianKeys } from '../../state/custodian-keys.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { requirePublicKey } from '../../state/public-key.js';
import { read, write } from '../../state/store.js';
import { submit } from '../../state/transaction.js';

/**
 * A hospital's custodian registers where it answers and with which key it signs; it may change both. Keys that it used
 * before are kept: each still convicts it of what it signed.
 */
export const registerCustodian = submit(request, async (ledger, { url, publicKey }) => {
  await requireProcess(ledger, ['custodian']);
  requirePublicKey(publicKey);
  const { mspId } = ledger.caller;
  const before = await read(ledger, keys.custodian(mspId));
  if (before?.url === url && before.publicKey === publicKey)
    throw new DomainError('ALREADY_EXISTS', 'the custodian is registered so already');
  if (before?.publicKey !== publicKey) await addKey(ledger, publicKey);
  const custodian: Custodian = { v: 1, mspId, url, publicKey, status: 'active', registeredAt: ledger.now };
  await write(ledger, keys.custodian(mspId), custodian);
  return { answer: custodian, audit: { act: 'custodian-registered' } };
});

async function addKey(ledger: Ledger, publicKey: string): Promise<void> {
  const { mspId } = ledger.caller;
  const before = await custodianKeys(ledger, mspId);
  if (before.length >= MAX_CUSTODIAN_KEYS)
    throw new DomainError('TOO_LARGE', `a custodian registers at most ${MAX_CUSTODIAN_KEYS} keys`);
  const ended = before.map((key): CustodianKey => ({ until: ledger.now, ...key }));
  const all = [...ended, { publicKey, since: ledger.now, txId: ledger.txId }];
  await write(ledger, keys.custodianKeys(mspId), { v: 1, mspId, keys: all });
}
