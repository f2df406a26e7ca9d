// SPDX-License-Identifier: Apache-2.0
import type { Erasure } from '../../domain/erasure.js';
import type { ErasureOrder } from '../../state/erasure-parts.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { list } from '../../state/store.js';

/** The patient's certificate: the order with all confirmations, complete once every active hospital has confirmed. */
export async function certificateOf(reader: Reader, order: ErasureOrder): Promise<Erasure> {
  const [confirmations, hospitals] = await Promise.all([
    list(reader, keys.erasureConfirmation(order.statement.erasureId)),
    list(reader, keys.hospital()),
  ]);
  const confirmed = new Set(confirmations.map(({ mspId }) => mspId));
  const active = hospitals.filter(({ status }) => status === 'active');
  return {
    ...order,
    confirmations: Object.fromEntries(
      confirmations.map(({ mspId, at, blocksRemoved, blocksHash, txId }) => [
        mspId,
        { at, blocksRemoved, blocksHash, txId },
      ]),
    ),
    complete: active.every(({ mspId }) => confirmed.has(mspId)),
  };
}
