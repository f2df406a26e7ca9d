// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@tutela/crypto';
import type { SoftAuthenticator } from '@tutela/crypto/testing';
import type { EnrolmentId } from '../domain/ids.js';
import {
  stepUpChallenge,
  type RegisterPasskey,
  type StepUp,
  type StepUpStatement,
} from '../domain/step-up.js';

/** What a device answers to an act. */
export function stepUpBy(device: SoftAuthenticator, statement: StepUpStatement): StepUp {
  const assertion = device.assert(stepUpChallenge(statement, sha256));
  return { at: statement.at, assertion };
}

/** Arguments of `registry:RegisterPasskey` for a device of a person. */
export function passkeyRequest(
  device: SoftAuthenticator,
  who: Omit<StepUpStatement, 'act' | 'subject'> & Readonly<{ practitionerId: EnrolmentId }>,
): RegisterPasskey {
  const { credentialId, publicKey, rpId } = device;
  const passkey = { credentialId, publicKey, rpId };
  const stepUp = stepUpBy(device, { ...who, act: 'register-passkey', subject: passkey });
  return { practitionerId: who.practitionerId, passkey, stepUp };
}
