// SPDX-License-Identifier: Apache-2.0
import { taggedHash, type Sha256 } from './codec.js';
import { object, type Decoded } from './decode.js';
import { enrolmentId, type EnrolmentId, type MspId } from './ids.js';
import { assertion, newPasskey } from './passkey.js';
import { instant, type Instant } from './time.js';

/** How long after its `at` a step-up is still accepted, in milliseconds. */
export const STEP_UP_LIFETIME_MS = 5 * 60_000;

/** The acts for which a token is not enough: the person's own passkey signs that very act. */
export const STEP_UP_ACTS = [
  'register-passkey',
  'open-emergency',
  'cosign-emergency',
  'approve-full-scope',
  'degraded-requester',
  'degraded-cosigner',
  'degraded-dutyOfficer',
] as const;
export type StepUpAct = (typeof STEP_UP_ACTS)[number];

/** When the person was asked, and what the device answered. */
export const stepUp = object({ at: instant, assertion });
export type StepUp = Decoded<typeof stepUp>;

/** Arguments of `registry:RegisterPasskey`; the step-up by the new passkey itself proves its possession. */
export const registerPasskey = object({ practitionerId: enrolmentId, passkey: newPasskey, stepUp });
export type RegisterPasskey = Decoded<typeof registerPasskey>;

/** Who does what about what, and when; the subject is everything that the act depends on. */
export type StepUpStatement = Readonly<{
  channel: string;
  act: StepUpAct;
  mspId: MspId;
  practitionerId: EnrolmentId;
  subject: object;
  at: Instant;
}>;

/** The WebAuthn challenge of an act, base64url: a hash of the statement, so that it is good for this act alone. */
export function stepUpChallenge(statement: StepUpStatement, sha256: Sha256): string {
  const { channel, act, mspId, practitionerId, subject, at } = statement;
  return taggedHash('Tutela-v1-step-up', { v: 1, channel, act, mspId, practitionerId, subject, at }, sha256);
}
