// SPDX-License-Identifier: Apache-2.0
import {
  CLOCK_SKEW_MS,
  DomainError,
  INTENT_LIFETIME_MS,
  msOf,
  type Instant,
  type Intent,
} from '@tutela/chaincode/domain';

/**
 * Check 2: an intent is honoured from its declaration to the end of its lifetime, by every given clock. Its own
 * time was chosen by a client: one from the future is no declaration, one from long ago has run out. One that the
 * ledger wrote as a record of the past had run out when it was written.
 */
export function requireLifetime(
  intent: Pick<Intent, 'declaredAt' | 'expiresAt'>,
  clocks: readonly Instant[],
): void {
  const declared = msOf(intent.declaredAt);
  const isRecord = intent.expiresAt <= intent.declaredAt;
  for (const clock of clocks) {
    const age = msOf(clock) - declared;
    if (isRecord || age >= INTENT_LIFETIME_MS)
      throw new DomainError('INTENT_EXPIRED', 'the intent has run out; declare a new one');
  }
  const own = clocks[0];
  if (own === undefined || declared - msOf(own) > CLOCK_SKEW_MS)
    throw new DomainError('INTENT_EXPIRED', 'the intent claims a time in the future');
}
