// SPDX-License-Identifier: Apache-2.0
import type { EnrolmentId, PractitionerRole } from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';

/** A Fabric identity that can sign: its certificate (PEM), and ECDSA P-256 over a SHA-256 digest (DER, low-S). */
export type Signer = Readonly<{
  certificate: string;
  sign: (digest: Uint8Array) => Promise<Uint8Array>;
  /** The same key over the bytes of a statement: r‖s, base64url. */
  signStatement: (bytes: Uint8Array) => string;
}>;

/** A person's key: its public point (uncompressed P-256, base64url), and how the own CA certifies it; repeating that is harmless. */
export type NewIdentity = Readonly<{ publicKey: string; enrol: () => Promise<void> }>;

/** The Fabric identities of one hospital. */
export interface Identities {
  /** The signer of an actor; CALLER_UNKNOWN for a practitioner without identity here. */
  signerOf(actor: Actor): Promise<Signer>;
  /** Makes a practitioner's key, or finds the one that is certified already; nothing is kept before it is enrolled. */
  prepare(practitionerId: EnrolmentId, role: PractitionerRole): Promise<NewIdentity>;
  /** A tag of 32 bytes (base64url): the same for one person at this hospital, and without the hospital's secret tells nobody who. */
  personTag(personKey: string): string;
}
