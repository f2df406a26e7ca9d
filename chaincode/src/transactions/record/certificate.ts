// SPDX-License-Identifier: Apache-2.0
import type { Erasure } from '../../domain/erasure.js';
import type { Retirement, RetirementOrder } from '../../domain/retirement.js';
import type { Confirmation, ErasureOrder } from '../../state/erasure-parts.js';
import { keys, type Key } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { listVersions } from '../../state/records.js';
import { delayOfAct } from '../../state/sightings.js';
import { list } from '../../state/store.js';

type Completion = Pick<Erasure, 'confirmations' | 'complete'>;

/** The patient's certificate: the order with all confirmations, complete once every active hospital has confirmed. */
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
  const [confirmations, hospitals] = await Promise.all([list(reader, under), list(reader, keys.hospital())]);
  const confirmed = new Set(confirmations.map(({ mspId }) => mspId));
  const active = hospitals.filter(({ status }) => status === 'active');
  return {
    confirmations: Object.fromEntries(
      confirmations.map(({ mspId, at, blocksRemoved, blocksHash, txId }) => [
        mspId,
        { at, blocksRemoved, blocksHash, txId },
      ]),
    ),
    complete: active.every(({ mspId }) => confirmed.has(mspId)),
  };
}
