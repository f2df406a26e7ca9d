// SPDX-License-Identifier: Apache-2.0
import { list, object, oneOf, text, type Decoded } from './decode.js';
import { guardianId, handle, nonce, p256PublicKey, p256Signature, type TxId } from './ids.js';
import { instant, type Instant } from './time.js';

/** How many guardians a handle may have at a time. */
export const MAX_GUARDIANS = 8;

const channel = text(64, /^[a-z0-9.-]+$/);

/** That somebody is a guardian of a handle: told of its emergencies, and may contest them. */
export const guardianStatement = object({
  v: oneOf(1),
  kind: oneOf('guardian'),
  channel,
  handle,
  guardianId,
  publicKey: p256PublicKey,
  signedAt: instant,
  nonce,
});
export type GuardianStatement = Decoded<typeof guardianStatement>;

/** That somebody is a guardian no longer; the patient signs it, or the guardian. */
export const guardianRemoval = object({
  v: oneOf(1),
  kind: oneOf('guardian-removal'),
  channel,
  handle,
  guardianId,
  signedAt: instant,
  nonce,
});

/** A guardian's consent to be one: the statement under the guardian's own key. */
export const provenGuardian = object({ statement: guardianStatement, proof: p256Signature });
export type ProvenGuardian = Decoded<typeof provenGuardian>;
/** Guardians whom the registrar names with a handle, for a patient who cannot. */
export const provenGuardians = list(provenGuardian, 1, MAX_GUARDIANS);

/** Arguments of `registry:RegisterGuardian`: the statement signed by the patient, and by the guardian. */
export const registerGuardian = object({
  statement: guardianStatement,
  signature: p256Signature,
  proof: p256Signature,
});
/** Arguments of `registry:RemoveGuardian`. */
export const removeGuardian = object({ statement: guardianRemoval, signature: p256Signature });
export type RegisterGuardian = Decoded<typeof registerGuardian>;
export type RemoveGuardian = Decoded<typeof removeGuardian>;

/** A guardian of a handle, known by a key alone. */
export type Guardian = Readonly<
  Pick<GuardianStatement, 'guardianId' | 'handle' | 'publicKey'> & {
    v: 1;
    registeredBy: 'patient' | 'registrar';
    registeredAt: Instant;
    txId: TxId;
    removedAt?: Instant;
  }
>;
