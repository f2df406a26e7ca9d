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

/** The Fabric identities of one hospital. */
export interface Identities {
  /** The signer of an actor; CALLER_UNKNOWN for a practitioner without identity here. */
  signerOf(actor: Actor): Promise<Signer>;
  /**
   * Registers and enrols a practitioner at the hospital's own CA; repeating it for one id is harmless. Answers the
   * certified public key, an uncompressed P-256 point in base64url.
   */
  issue(practitionerId: EnrolmentId, role: PractitionerRole): Promise<string>;
  /** A tag of 32 bytes (base64url): the same for one person at this hospital, and without the hospital's secret tells nobody who. */
  personTag(personKey: string): string;
}
