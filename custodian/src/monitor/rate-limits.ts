// SPDX-License-Identifier: Apache-2.0
import {
  CLINICIAN_QUOTA,
  DomainError,
  HOSPITAL_QUOTA,
  QUOTA_WINDOW_MS,
  type EmergencyId,
  type Intent,
} from '@tutela/chaincode/domain';
import { SlidingCount } from './sliding-count.js';

const MINUTE_MS = 60_000;

type Person = Pick<Intent['requester'], 'mspId' | 'practitionerId'>;
type Subject = Readonly<{ intentId: string; requester: Person; emergencyId?: EmergencyId }>;

/**
 * Check 7: this custodian's own count of intents per practitioner and hospital, and of emergencies, whatever the
 * chaincode counted. A repeat of an intent counts once.
 */
export class RateLimits {
  readonly #perMinute: Readonly<{ practitioner: number; hospital: number }>;
  readonly #intents = new SlidingCount(MINUTE_MS);
  readonly #emergencies = new SlidingCount(QUOTA_WINDOW_MS);

  constructor(perMinute: Readonly<{ practitioner: number; hospital: number }>) {
    this.#perMinute = perMinute;
  }

  /** Counts an intent; throws RATE_LIMITED or EMERGENCY_QUOTA. `at` in milliseconds. */
  admit(subject: Subject, at: number): void {
    const { intentId, requester, emergencyId } = subject;
    const [person, hospital] = [`${requester.mspId}/${requester.practitionerId}`, requester.mspId];
    if (emergencyId !== undefined) this.#admitEmergency({ emergencyId, person, hospital }, at);
    const fits =
      this.#intents.fits(person, intentId, { limit: this.#perMinute.practitioner, at }) &&
      this.#intents.fits(hospital, intentId, { limit: this.#perMinute.hospital, at });
    if (!fits) throw new DomainError('RATE_LIMITED', 'too many openings; wait a minute');
    this.#intents.add(person, intentId, at);
    this.#intents.add(hospital, intentId, at);
  }

  /** Takes up the count of an emergency that the journal remembers. */
  remember(
    { emergencyId, requester }: Readonly<{ emergencyId: EmergencyId; requester: Person }>,
    at: number,
  ): void {
    this.#emergencies.add(`${requester.mspId}/${requester.practitionerId}`, emergencyId, at);
    this.#emergencies.add(requester.mspId, emergencyId, at);
  }

  #admitEmergency(
    { emergencyId, person, hospital }: Readonly<{ emergencyId: string; person: string; hospital: string }>,
    at: number,
  ): void {
    const fits =
      this.#emergencies.fits(person, emergencyId, { limit: CLINICIAN_QUOTA, at }) &&
      this.#emergencies.fits(hospital, emergencyId, { limit: HOSPITAL_QUOTA, at });
    if (!fits) throw new DomainError('EMERGENCY_QUOTA', 'too many emergencies within a day');
    this.#emergencies.add(person, emergencyId, at);
    this.#emergencies.add(hospital, emergencyId, at);
  }
}
