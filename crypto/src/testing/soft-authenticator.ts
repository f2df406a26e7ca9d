// SPDX-License-Identifier: Apache-2.0
import { p256 } from '@noble/curves/nist.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { encodeBase64url } from '../base64url.js';
import { concatBytes, utf8 } from '../bytes.js';
import { sha256 } from '../kernel/hashing.js';
import { systemRandom } from '../node.js';
import type { WebAuthnAssertion } from '../webauthn.js';

/** What a test changes of an assertion. */
export interface AssertionChange {
  readonly client?: Readonly<Record<string, unknown>>;
  readonly rpId?: string;
  readonly flags?: number;
}

/** `AuthenticationResponseJSON`. */
export type AuthenticationResponse = Readonly<{
  id: string;
  rawId: string;
  type: 'public-key';
  response: WebAuthnAssertion;
  authenticatorAttachment: 'platform';
  clientExtensionResults: object;
}>;

/** SubjectPublicKeyInfo of a P-256 key up to its uncompressed point (RFC 5480). */
const SPKI_HEADER = hexToBytes('3059301306072a8648ce3d020106082a8648ce3d030107034200');
const PRESENT_AND_VERIFIED = 0x05;

/** A passkey in software, in the place of the device that a practitioner would touch. */
export class SoftAuthenticator {
  readonly credentialId = encodeBase64url(systemRandom(32));
  readonly rpId: string;
  /** SubjectPublicKeyInfo in DER, base64url, as a browser's `getPublicKey()` gives it. */
  readonly subjectPublicKeyInfo: string;
  /** Uncompressed point, base64url, as the ledger keeps it. */
  readonly publicKey: string;
  readonly #privateKey = p256.utils.randomSecretKey();

  constructor(rpId = 'localhost') {
    this.rpId = rpId;
    const point = p256.getPublicKey(this.#privateKey, false);
    this.subjectPublicKeyInfo = encodeBase64url(concatBytes(SPKI_HEADER, point));
    this.publicKey = encodeBase64url(point);
  }

  /** The answer to a challenge (base64url) after the user was verified, by default on a page of the RP ID itself. */
  assert(
    challenge: string,
    { client = {}, rpId = this.rpId, flags = PRESENT_AND_VERIFIED }: AssertionChange = {},
  ): WebAuthnAssertion & Readonly<{ credentialId: string }> {
    const origin = `https://${this.rpId}`;
    const clientData = utf8(
      JSON.stringify({ type: 'webauthn.get', challenge, origin, crossOrigin: false, ...client }),
    );
    const counter = new Uint8Array(4);
    const authenticatorData = concatBytes(sha256(utf8(rpId)), Uint8Array.of(flags), counter);
    const signed = concatBytes(authenticatorData, sha256(clientData));
    return {
      credentialId: this.credentialId,
      authenticatorData: encodeBase64url(authenticatorData),
      clientDataJSON: encodeBase64url(clientData),
      signature: encodeBase64url(p256.sign(signed, this.#privateKey, { format: 'der' })),
    };
  }

  /** The answer to a challenge as a browser's `PublicKeyCredential.toJSON()` tells it (§5.1.8.2). */
  respond(challenge: string): AuthenticationResponse {
    const { credentialId, ...response } = this.assert(challenge);
    return {
      id: credentialId,
      rawId: credentialId,
      type: 'public-key',
      response,
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
    };
  }
}
