// SPDX-License-Identifier: Apache-2.0
import { decodeBase64url } from './base64url.js';
import { concatBytes, equalBytes, utf8 } from './bytes.js';
import { isEcdsaP256Der } from './node.js';
import { sha256 } from './kernel/hashing.js';

/** What an authenticator answers to a challenge (W3C Web Authentication Level 3, §5.2.2), each member in base64url. */
export interface WebAuthnAssertion {
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
  readonly signature: string;
}

/** Whose key must have signed what, for whom: an uncompressed P-256 point and the challenge in base64url. */
export interface ExpectedAssertion {
  readonly publicKey: string;
  readonly rpId: string;
  readonly challenge: string;
}

/** Why an assertion does not hold. */
export type AssertionFault =
  | 'malformed'
  | 'type'
  | 'challenge'
  | 'origin'
  | 'rp-id'
  | 'signature'
  | 'user-presence'
  | 'user-verification'
  | 'backup-state';

/** Hash of the RP ID, flags, and the signature counter; extensions may follow (§6.1). */
const AUTHENTICATOR_DATA_LENGTH = 37;
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const BACKUP_ELIGIBLE = 0x08;
const BACKED_UP = 0x10;
const ORIGIN = /^(https|http):\/\/([a-z0-9.-]+)(?::\d{1,5})?$/;

/**
 * The steps of §7.2 that need no state, for ES256: type, challenge, origin within the RP ID and no foreign frame, hash
 * of the RP ID, signature, then presence and verification of the user, both demanded, and no backup of a key that may
 * not have one. Answers the first fault, or nothing. The signature counter is not read: every challenge here is good for one act, and synced passkeys count
 * nothing (§6.1.1).
 */
export function assertionFault(
  assertion: WebAuthnAssertion,
  { publicKey, rpId, challenge }: ExpectedAssertion,
): AssertionFault | undefined {
  const read = readAssertion(assertion);
  if (read === undefined) return 'malformed';
  const { client, clientData, authenticatorData, signature } = read;
  if (client.type !== 'webauthn.get') return 'type';
  if (client.challenge !== challenge) return 'challenge';
  if (!isOriginOf(rpId, client)) return 'origin';
  if (!equalBytes(authenticatorData.subarray(0, 32), sha256(utf8(rpId)))) return 'rp-id';
  const signed = concatBytes(authenticatorData, sha256(clientData));
  if (!isEcdsaP256Der(decodeBase64url(publicKey), signed, signature)) return 'signature';
  const flags = authenticatorData[32] ?? 0;
  if ((flags & USER_PRESENT) === 0) return 'user-presence';
  if ((flags & USER_VERIFIED) === 0) return 'user-verification';
  return (flags & BACKED_UP) !== 0 && (flags & BACKUP_ELIGIBLE) === 0 ? 'backup-state' : undefined;
}

interface ClientData {
  readonly type?: unknown;
  readonly challenge?: unknown;
  readonly origin?: unknown;
  readonly crossOrigin?: unknown;
}

interface ReadAssertion {
  readonly client: ClientData;
  readonly clientData: Uint8Array;
  readonly authenticatorData: Uint8Array;
  readonly signature: Uint8Array;
}

function readAssertion(assertion: WebAuthnAssertion): ReadAssertion | undefined {
  try {
    const clientData = decodeBase64url(assertion.clientDataJSON);
    const authenticatorData = decodeBase64url(assertion.authenticatorData);
    const signature = decodeBase64url(assertion.signature);
    const client: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(clientData));
    if (typeof client !== 'object' || client === null) return undefined;
    if (authenticatorData.length < AUTHENTICATOR_DATA_LENGTH) return undefined;
    return { client, clientData, authenticatorData, signature };
  } catch {
    return undefined;
  }
}

/** A page of the RP ID's own domain, over https unless it is this machine's, and not framed by another site's. */
function isOriginOf(rpId: string, { origin, crossOrigin }: ClientData): boolean {
  if (crossOrigin === true || typeof origin !== 'string') return false;
  const [, scheme, host = ''] = ORIGIN.exec(origin) ?? [];
  const isWithin = host === rpId || host.endsWith(`.${rpId}`);
  return isWithin && (scheme === 'https' || isLocal(host));
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}
