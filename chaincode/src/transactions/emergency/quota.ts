// SPDX-License-Identifier: Apache-2.0
import { CLOCK_SKEW_MS } from '../../domain/consent.js';
import { CLINICIAN_QUOTA, QUOTA_WINDOW_MS } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import type { MspId } from '../../domain/ids.js';
import { later, type Instant } from '../../domain/time.js';
import { keys, type EmergencyUse, type Person } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { list } from '../../state/store.js';

/** The day under which an emergency counts. */
export function dayOf(at: Instant): string {
  return at.slice(0, 10);
}

/**
 * A hospital's emergencies of the last window; its days are read as ranges, so two at once cannot both be the last. One
 * that claims to be a little ahead counts too, also from beyond midnight.
 */
export async function usesInWindow(reader: Reader, of: MspId): Promise<readonly EmergencyUse[]> {
  const from = later(reader.now, -QUOTA_WINDOW_MS);
  const days = new Set([dayOf(from), dayOf(reader.now), dayOf(later(reader.now, 2 * CLOCK_SKEW_MS))]);
  const uses = await Promise.all([...days].map((day) => list(reader, keys.emergencyUse(of, day))));
  return uses.flat().filter(({ at }) => at > from);
}

/** Throws EMERGENCY_QUOTA if the clinician, or the hospital, has opened too many. */
export function requireQuota(uses: readonly EmergencyUse[], person: Person, hospitalQuota: number): void {
  const own = uses.filter(
    ({ practitionerId, personTag }) =>
      practitionerId === person.practitionerId || personTag === person.personTag,
  );
  if (own.length >= CLINICIAN_QUOTA)
    throw new DomainError('EMERGENCY_QUOTA', 'the clinician has opened too many emergencies');
  if (uses.length >= hospitalQuota)
    throw new DomainError('EMERGENCY_QUOTA', 'the hospital has opened too many emergencies');
}
