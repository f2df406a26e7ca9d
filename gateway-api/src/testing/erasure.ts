// SPDX-License-Identifier: Apache-2.0
import { erasureStatement, type EraseRecord, type Month, type RecordId } from '@tutela/chaincode/domain';
import { signed } from '@tutela/chaincode/testing';
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

/** The order of the scene's patient to erase a record, signed. */
export function erasureOf({ patient, consortium: { world } }: Scene, recordId: string): EraseRecord {
  const { handle } = patient;
  const statement = {
    ...{ v: 1, kind: 'erasure', channel: 'tutela', recordId, handle },
    erasureId: world.ownId('erasure', handle),
    ...{ signedAt: world.ledger.now, nonce: world.names.nonce() },
  };
  return signed(patient, erasureStatement(statement, 'statement'));
}

/** Alder's gateway submits the patient's order to erase a record. */
export function orderErasure(scene: Scene, recordId: string): ReturnType<Erasures['order']> {
  const { erasures } = scene.alder.services;
  return erasures.order(GATEWAY, erasureOf(scene, recordId), memoryAttempt());
}
