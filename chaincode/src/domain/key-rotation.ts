// SPDX-License-Identifier: Apache-2.0
import type { Consent } from './consent.js';
import { object, oneOf, text, type Decoded } from './decode.js';
import {
  guardianId,
  handle,
  nonce,
  p256PublicKey,
  p256Signature,
  txId,
  type ConsentId,
  type EnrolmentId,
  type GuardianId,
  type MspId,
  type TxId,
} from './ids.js';
import type { Patient } from './registry.js';
import type { PublicDelay } from './sighting.js';
import { instant, type Instant } from './time.js';

/** How long after t hospitals have seen the second hospital's approval a lost key is replaced at the earliest, in milliseconds. */
export const COOLING_OFF_MS = 48 * 3_600_000;

/** Arguments of `registry:RequestKeyRotation`; the proof is the new key's signature over {@link rotationStatement}. */
export const requestKeyRotation = object({ handle, publicKey: p256PublicKey, nonce, proof: p256Signature });
export type RequestKeyRotation = Decoded<typeof requestKeyRotation>;

/**
 * Exactly one rotation: the key that is to follow, and the transaction that asked for it. Arguments of
 * `registry:ApproveKeyRotation` and `registry:CompleteKeyRotation`.
 */
const named = { handle, publicKey: p256PublicKey, requestTxId: txId };
export const namedKeyRotation = object(named);
export type NamedKeyRotation = Decoded<typeof namedKeyRotation>;

/** What the present key, or a guardian, signs to stop a rotation that the patient does not want. */
export const rotationVeto = object(
  {
    v: oneOf(1),
    kind: oneOf('key-rotation-veto'),
    channel: text(64, /^[a-z0-9.-]+$/),
    handle,
    publicKey: p256PublicKey,
    signedAt: instant,
    nonce,
  },
  { guardianId },
);
export type RotationVeto = Decoded<typeof rotationVeto>;
export const signedVeto = object({ statement: rotationVeto, signature: p256Signature });
export type SignedVeto = Decoded<typeof signedVeto>;
/** Arguments of `registry:CancelKeyRotation`; without a veto the home hospital's registrar cancels. */
export const cancelKeyRotation = object(named, { veto: signedVeto });
export type CancelKeyRotation = Decoded<typeof cancelKeyRotation>;

/** That a patient's key is lost and another is to take its place (cryptography §7, F11). */
export type KeyRotation = Readonly<
  Pick<Patient, 'handle' | 'mspId' | 'publicKey' | 'keyVersion'> & {
    v: 1;
    requestedAt: Instant;
    requestedBy: EnrolmentId;
    txId: TxId;
    approval?: Readonly<{ mspId: MspId; id: EnrolmentId; at: Instant; txId: TxId }>;
    ended?: Readonly<{ as: 'completed' | 'cancelled'; at: Instant; txId: TxId; guardianId?: GuardianId }>;
  }
>;
/** A rotation, what the patient is to sign anew once it is completed, and how far the delay of its approval has come. */
export type KeyRotationView = KeyRotation &
  Partial<PublicDelay> &
  Readonly<{ toConfirm: readonly ConsentId[] }>;

/** What the new key signs: that it is there, for the next version of this very handle's key. */
export function rotationStatement(
  channel: string,
  of: Pick<Patient, 'mspId' | 'handle' | 'keyVersion'>,
  { publicKey, nonce: once }: Pick<RequestKeyRotation, 'publicKey' | 'nonce'>,
): object {
  const { mspId, handle: patient, keyVersion } = of;
  return {
    ...{ v: 1, kind: 'patient-key-rotation', channel, mspId, handle: patient },
    ...{ publicKey, keyVersion: keyVersion + 1, nonce: once },
  };
}

/** Consents without permits of an earlier key: what a lost key permitted waits for the new one, what it denied stays. */
export function underPresentKey(
  consents: readonly Consent[],
  patient: Pick<Patient, 'keyVersion'> | undefined,
): readonly Consent[] {
  return consents.filter(
    ({ statement, keyVersion = 1 }) => statement.decision === 'deny' || keyVersion === patient?.keyVersion,
  );
}
