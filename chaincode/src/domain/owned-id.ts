// SPDX-License-Identifier: Apache-2.0
import { taggedHash, type Sha256 } from './codec.js';
import type { AuditReadId, EmergencyId, ErasureId, Handle, IntentId, RecordId } from './ids.js';

/** How many characters behind an id's prefix its owner decides, 72 bits; the other ten, 60 bits, are random. */
const OWNER_LENGTH = 12;

/**
 * Ids that the client of a transaction chooses, and that are keys of the ledger by themselves. An endorser sees such an
 * id before the transaction is ordered, and could use it first in a transaction of its own.
 */
export type OwnedIds = Readonly<{
  handle: Handle;
  record: RecordId;
  intent: IntentId;
  emergency: EmergencyId;
  erasure: ErasureId;
  auditRead: AuditReadId;
}>;
export type OwnedId = OwnedIds[keyof OwnedIds];

/**
 * An id that only its owner can use. The owner is for a handle the patient's first public key; for an erasure, and a
 * reading of the audit that a patient signs, the handle; for a record the author's hospital; for an intent, an emergency
 * and any other reading of the audit the hospital of the caller.
 */
export function ownedId<T extends OwnedId>(random: T, owner: string, sha256: Sha256): T {
  const start = random.indexOf('_') + 1;
  const mark = taggedHash('Tutela-v1-id-owner', owner, sha256).slice(0, OWNER_LENGTH);
  return `${random.slice(0, start)}${mark}${random.slice(start + OWNER_LENGTH)}` as T;
}

/** Whether an id was made for this owner. */
export function isOwnedBy(id: OwnedId, owner: string, sha256: Sha256): boolean {
  return ownedId(id, owner, sha256) === id;
}
