// SPDX-License-Identifier: Apache-2.0
import type { Erasure } from '../../domain/erasure.js';
import type { Retirement, RetirementOrder } from '../../domain/retirement.js';
import type { Confirmation, ErasureOrder } from '../../state/erasure-parts.js';
import { keys, type Key } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { listVersions } from '../../state/records.js';
import { delayOfAct } from '../../state/sightings.js';
import { list, read } from '../../state/store.js';

type Completion = Pick<Erasure, 'confirmations' | 'complete'>;

/**
 * The patient's certificate: the order with all confirmations, complete once every hospital that holds custody now has
 * confirmed. A member that left has nothing to say any more, and could keep every certificate open by silence.
 */
export async function certificateOf(reader: Reader, order: ErasureOrder): Promise<Erasure> {
  const { erasureId, recordId } = order.statement;
  const [versions, completion] = await Promise.all([
    listVersions(reader, recordId),
    completionOf(reader, keys.erasureConfirmation(erasureId)),
  ]);
  return { ...order, versions: versions.length, ...completion };
}

/** A retirement with its delay while that runs, and with all confirmations. */
export async function retirementOf(reader: Reader, order: RetirementOrder): Promise<Retirement> {
  const { recordId, version, ended, txId } = order;
  const [delay, completion] = await Promise.all([
    ended === undefined ? delayOfAct(reader, txId) : undefined,
    completionOf(reader, keys.retirementConfirmation(recordId, version)),
  ]);
  return { ...order, ...delay, ...completion };
}

async function completionOf(reader: Reader, under: Key<Confirmation>): Promise<Completion> {
  const [confirmations, custodians] = await Promise.all([
    list(reader, under),
    read(reader, keys.custodians()),
  ]);
  const confirmed = new Set(confirmations.map(({ mspId }) => mspId));
  return {
    confirmations: Object.fromEntries(
      confirmations.map(({ mspId, at, blocksRemoved, blocksHash, txId }) => [
        mspId,
        { at, blocksRemoved, blocksHash, txId },
      ]),
    ),
    complete: custodians?.members.every(({ mspId }) => confirmed.has(mspId)) ?? false,
  };
}
