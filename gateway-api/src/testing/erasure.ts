// SPDX-License-Identifier: Apache-2.0
import type { Month, RecordId } from '@tutela/chaincode/domain';
import { erasureBy } from '@tutela/chaincode/testing';
import { GATEWAY } from '../ledger/actor.js';
import type { Erasures } from '../services/erasures.js';
import type { StoredRecord } from '../services/store-record.js';
import type { Scene } from './scene.js';
import { memoryAttempt } from './test-consortium.js';

/** Stores a note of the scene's patient at alder; with `recordId`, as the next version of that record. */
export async function storeNote(
  { alder, author, patient }: Scene,
  content: string | Uint8Array,
  recordId?: RecordId,
): Promise<StoredRecord> {
  const body = (async function* () {
    yield await Promise.resolve(Buffer.from(content));
  })();
  const facts = {
    ...({ category: 'notes', class: 'standard', contentType: 'text/plain' } as const),
    ...{ handle: patient.handle, month: '2026-02' as Month, ...(recordId && { recordId }) },
  };
  return alder.services.storeRecord.storeContent(author, facts, body, memoryAttempt());
}

/** Alder's gateway submits the patient's order to erase a record. */
export function orderErasure(
  { alder, patient, consortium: { world } }: Scene,
  recordId: string,
): ReturnType<Erasures['order']> {
  const { erasures } = alder.services;
  return erasures.order(GATEWAY, erasureBy(world, patient, recordId), memoryAttempt());
}
