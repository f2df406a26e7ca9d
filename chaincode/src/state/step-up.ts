// SPDX-License-Identifier: Apache-2.0
import { assertionFault } from '@tutela/crypto/signatures';
import { sha256 } from '@tutela/crypto/verify';
import { requirePasskey, type NewPasskey } from '../domain/passkey.js';
import type { Practitioner } from '../domain/registry.js';
import { STEP_UP_LIFETIME_MS, stepUpChallenge, type StepUp, type StepUpAct } from '../domain/step-up.js';
import type { Reader } from './ledger.js';
import { requireFresh } from './statements.js';

/**
 * Throws STATEMENT_EXPIRED, STEP_UP_REQUIRED or STEP_UP_INVALID unless one of the person's own passkeys has just signed
 * this act about this subject. A gateway holds its practitioners' certified keys, but not this one.
 */
export function requireStepUp(
  reader: Reader,
  {
    mspId,
    practitionerId,
    passkeys = [],
  }: Pick<Practitioner, 'mspId' | 'practitionerId'> & Readonly<{ passkeys?: readonly NewPasskey[] }>,
  { act, subject, stepUp }: Readonly<{ act: StepUpAct; subject: object; stepUp: StepUp }>,
): void {
  const { at, assertion } = stepUp;
  requireFresh(reader, at, STEP_UP_LIFETIME_MS);
  const { channel } = reader;
  const challenge = stepUpChallenge({ channel, act, mspId, practitionerId, subject, at }, sha256);
  requirePasskey(passkeys, { assertion, challenge }, assertionFault);
}
