// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import {
  auditReadId,
  emergencyId,
  enrolmentId,
  handle,
  ID_PREFIXES,
  intentId,
  recordId,
  segmentId,
  systemId,
  toBase64Url,
  type AuditReadId,
  type Decoder,
  type EmergencyId,
  type EnrolmentId,
  type Handle,
  type IntentId,
  type RecordId,
  type SegmentId,
  type SystemId,
} from '@tutela/chaincode/domain';
import type { RandomBytes } from '@tutela/crypto';

/** The id type of each kind of thing that the gateway names. */
type Ids = Readonly<{
  handle: Handle;
  practitioner: EnrolmentId;
  record: RecordId;
  segment: SegmentId;
  intent: IntentId;
  emergency: EmergencyId;
  system: SystemId;
  auditRead: AuditReadId;
}>;
type Kind = keyof Ids;

const DECODERS: { readonly [K in Kind]: Decoder<Ids[K]> } = {
  handle,
  practitioner: enrolmentId,
  record: recordId,
  segment: segmentId,
  intent: intentId,
  emergency: emergencyId,
  system: systemId,
  auditRead: auditReadId,
};

const ID_BYTES = 16;

/** A fresh random id. */
export function newId<K extends Kind>(kind: K, random: RandomBytes): Ids[K] {
  return idOf(kind, random(ID_BYTES));
}

/** The id that belongs to a seed: the same whenever the seed is, and random to a party that does not know the seed. */
export function derivedId<K extends Kind>(kind: K, seed: Uint8Array): Ids[K] {
  return idOf(kind, derived(kind, seed));
}

/** The nonce of the statement that is signed for a seed. */
export function derivedNonce(seed: Uint8Array): string {
  return toBase64Url(derived('nonce', seed));
}

function derived(label: string, seed: Uint8Array): Uint8Array {
  return createHmac('sha256', seed).update(label).digest().subarray(0, ID_BYTES);
}

function idOf<K extends Kind>(kind: K, bytes: Uint8Array): Ids[K] {
  return DECODERS[kind](`${ID_PREFIXES[kind]}${toBase64Url(bytes)}`, kind);
}
