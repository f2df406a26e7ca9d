// SPDX-License-Identifier: Apache-2.0
import { createPublicKey } from 'node:crypto';
import * as domain from '@tutela/chaincode/domain';
import * as ids from './ids.js';
import { decoded, z, type DecodedSchema } from './zod.js';

const base64Url = (max: number): z.ZodString =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .max(max);
const rpId = z
  .string()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/)
  .max(253)
  .openapi({ example: 'alder.example' });
const P256_POINT_BYTES = 65;

export const credentialId = base64Url(1_364);

/** `AuthenticationResponseJSON` of W3C Web Authentication Level 3, §5.1.8.2, as `PublicKeyCredential.toJSON()` gives it. */
const authenticationResponse = z
  .strictObject({
    id: credentialId,
    rawId: credentialId,
    type: z.literal('public-key'),
    response: z.strictObject({
      authenticatorData: base64Url(1_024),
      clientDataJSON: base64Url(4_096),
      signature: base64Url(128),
      userHandle: base64Url(128).optional(),
    }),
    authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional(),
    clientExtensionResults: z.looseObject({}),
  })
  .openapi('AuthenticationResponse');

export const assertion: DecodedSchema<domain.Assertion> = decoded(authenticationResponse, (value, path) => {
  // The shape was checked just before.
  const { id, response } = value as z.output<typeof authenticationResponse>;
  const { authenticatorData, clientDataJSON, signature } = response;
  return domain.assertion({ credentialId: id, authenticatorData, clientDataJSON, signature }, path);
});

/** An assertion in the ledger's own form, as signatures carry it from one gateway to another. */
export const shownAssertion = z
  .strictObject({
    credentialId,
    authenticatorData: base64Url(1_024),
    clientDataJSON: base64Url(4_096),
    signature: base64Url(128),
  })
  .openapi('Assertion');

/** When the challenge was made, and the answer to it. */
export const stepUp = z.strictObject({ at: ids.instant.given, assertion });

/** A new passkey as a browser tells it: `id`, `response.getPublicKey()` in base64url, and for which domain. */
export const newPasskey: DecodedSchema<domain.NewPasskey> = decoded(
  z.strictObject({ credentialId, publicKey: base64Url(256), rpId }).openapi('NewPasskey'),
  (value, path) => {
    const { publicKey, ...rest } = value as { publicKey: string };
    return domain.newPasskey({ ...rest, publicKey: pointOf(publicKey) }, path);
  },
);

export const shownPasskey = z.object({ credentialId, rpId, registeredAt: ids.instant.shown });

/** What `navigator.credentials.get()` takes, in its JSON form (§5.1.10.1). */
export const stepUpRequest = z
  .object({
    at: ids.instant.shown,
    emergencyId: ids.emergencyId.shown.optional(),
    publicKey: z.object({
      challenge: ids.bytes32,
      rpId,
      allowCredentials: z.array(z.object({ type: z.literal('public-key'), id: credentialId })),
      userVerification: z.literal('required'),
      timeout: z.int(),
    }),
  })
  .openapi('StepUpRequest');

/** The point of a P-256 key in SubjectPublicKeyInfo (RFC 5480), both base64url; throws BAD_REQUEST for any other key. */
function pointOf(subjectPublicKeyInfo: string): string {
  try {
    const der = Buffer.from(subjectPublicKeyInfo, 'base64url');
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1')
      return der.subarray(-P256_POINT_BYTES).toString('base64url');
  } catch {
    // What is no key at all is answered as a key of another kind is.
  }
  throw new domain.DomainError(
    'BAD_REQUEST',
    'publicKey must be a P-256 key (ES256) as SubjectPublicKeyInfo',
  );
}
