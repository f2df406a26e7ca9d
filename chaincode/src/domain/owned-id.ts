// SPDX-License-Identifier: Apache-2.0
import { taggedHash, type Sha256 } from './codec.js';
import type { EmergencyId, ErasureId, Handle } from './ids.js';

/** How many characters behind an id's prefix its owner decides, 72 bits; the other ten, 60 bits, are random. */
const OWNER_LENGTH = 12;

/** Ids that a person signs. Whoever sees them before they are ordered could take them first, and have the person sign again. */
type SignedId = Handle | EmergencyId | ErasureId;

/**
 * An id that only its owner can use: for a handle the patient's first public key, for an erasure the handle, for an
 * emergency the hospital of the clinician who opens it.
 */
export function ownedId<T extends SignedId>(random: T, owner: string, sha256: Sha256): T {
  const start = random.indexOf('_') + 1;
  const mark = taggedHash('Tutela-v1-id-owner', owner, sha256).slice(0, OWNER_LENGTH);
  return `${random.slice(0, start)}${mark}${random.slice(start + OWNER_LENGTH)}` as T;
}

/** Whether an id was made for this owner. */
export function isOwnedBy(id: SignedId, owner: string, sha256: Sha256): boolean {
  return ownedId(id, owner, sha256) === id;
}
