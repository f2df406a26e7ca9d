// SPDX-License-Identifier: Apache-2.0
import type { Consent } from './consent.js';
import type { CustodianSet } from './custody.js';
import type { Emergency } from './emergency.js';
import { object, type Decoded } from './decode.js';
import { intentId, type ConsentId } from './ids.js';
import { declaredIntent, type Intent } from './intent.js';
import type { Manifest, RecordVersion, SegmentRef } from './record.js';
import type { Hospital, Patient, Practitioner } from './registry.js';

/**
 * Header in which a gateway or custodian names its own hospital (MSP id) to a custodian, which believes it only if that
 * hospital names the authority that issued the caller's TLS certificate.
 */
export const HOSPITAL_HEADER = 'tutela-hospital';

/**
 * What a gateway asks a custodian: its shares for an intent. `ordered` is the intent as the orderers took it: asked
 * before its own peer has it, a custodian reads ahead what it will decide on, and believes none of it.
 */
export const releaseRequest = object({ intentId }, { ordered: declaredIntent });
export type ReleaseRequest = Decoded<typeof releaseRequest>;

/** Versions with their manifests, and the capsules of segments: everything sealed that the ledger keeps of them. */
export type SealedMaterial = Pick<ReleaseContext, 'records' | 'capsules'>;

/**
 * Answer of `access:GetReleaseContext`: everything in the *current* state of one peer on which a custodian decides
 * about one intent. It is a reading of state, not a decision: the custodian evaluates it again with the same rules.
 */
export type ReleaseContext = Readonly<{
  v: 1;
  intent: Intent;
  custodians: CustodianSet;
  hospital: Hospital;
  practitioner: Practitioner;
  patient: Patient;
  consents: readonly Consent[];
  /** Reads counted under each limited consent of this intent up to and including this intent. */
  reads: Readonly<Record<ConsentId, number>>;
  emergency?: Emergency;
  /** Who vouched for the emergency, as they are now. */
  vouchers?: readonly Practitioner[];
  /** The manifest is missing where it was purged or has not arrived; a gateway's has the permitted segments alone. */
  records: readonly Readonly<{ version: RecordVersion; manifest?: Manifest }>[];
  capsules: readonly Readonly<{ ref: SegmentRef; capsule: string }>[];
}>;
