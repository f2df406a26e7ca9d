// SPDX-License-Identifier: Apache-2.0
import { object, text, type Decoded } from './decode.js';
import { DomainError } from './errors.js';
import { base64Url, enrolmentId, p256PublicKey } from './ids.js';
import type { Instant } from './time.js';

/** Most passkeys that one practitioner has. */
export const MAX_PASSKEYS = 5;

/** A credential id of at most 1023 bytes (W3C Web Authentication Level 3, §4). */
export const credentialId = base64Url(1_364);
/** The domain that a passkey is for, such as `ward.alder.example`. */
export const rpId = text(253, /^[a-z0-9-]+(\.[a-z0-9-]+)*$/);

/** A practitioner's own key on a device that asks for PIN or finger: ES256, for one RP ID. */
export const newPasskey = object({ credentialId, publicKey: p256PublicKey, rpId });
export type NewPasskey = Decoded<typeof newPasskey>;
export type Passkey = NewPasskey & Readonly<{ registeredAt: Instant }>;

/** Arguments of `registry:RemovePasskey`. */
export const removePasskey = object({ practitionerId: enrolmentId, credentialId });

/** What a device answered to a challenge (§5.2.2), and under which credential. */
export const assertion = object({
  credentialId,
  authenticatorData: base64Url(1_024),
  clientDataJSON: base64Url(4_096),
  signature: base64Url(128),
});
export type Assertion = Decoded<typeof assertion>;

/** Names the first fault of an assertion, if there is one; passed in because the domain computes nothing that needs a library. */
export type AssertionCheck = (
  assertion: Assertion,
  expected: Pick<NewPasskey, 'publicKey' | 'rpId'> & Readonly<{ challenge: string }>,
) => string | undefined;

/** Throws STEP_UP_REQUIRED unless the credential is among the passkeys, STEP_UP_INVALID unless it answered the challenge. */
export function requirePasskey(
  passkeys: readonly NewPasskey[],
  { assertion: given, challenge }: Readonly<{ assertion: Assertion; challenge: string }>,
  faultOf: AssertionCheck,
): void {
  const known = passkeys.find((passkey) => passkey.credentialId === given.credentialId);
  if (known === undefined)
    throw new DomainError('STEP_UP_REQUIRED', 'this takes a passkey that the registrar has registered');
  const fault = faultOf(given, { publicKey: known.publicKey, rpId: known.rpId, challenge });
  if (fault !== undefined)
    throw new DomainError('STEP_UP_INVALID', `the passkey’s answer fails at: ${fault}`);
}
