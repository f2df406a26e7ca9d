// SPDX-License-Identifier: Apache-2.0
import {
  base64Url,
  DEGRADED_MODES,
  DEGRADED_PARTS,
  handle,
  instant,
  manifest,
  MAX_CUSTODIANS,
  MAX_PASSKEYS,
  signedConsent,
  type Decoder,
  type DegradedContext,
  type ReleaseContext,
} from '@tutela/chaincode/domain';
import { z } from 'zod';

/** A member that the domain's own decoder reads. */
function decodedBy<T>(decoder: Decoder<T>): z.ZodType<T> {
  return z.transform((value: unknown) => decoder(value, '$'));
}

const text = z.string().max(1_024);
const count = z.number().int().min(0);
const status = z.enum(['active', 'suspended', 'banned']);
const actor = z.looseObject({ mspId: text, practitionerId: text, certificate: text, at: decodedBy(instant) });
const ref = { recordId: text, version: count, segmentId: text };

const consent = z.looseObject({
  statement: z.unknown(),
  signature: text,
  revocation: z.looseObject({}).optional(),
  replacedAt: text.optional(),
});

const passkey = z.looseObject({ credentialId: z.string().max(1_364), publicKey: text, rpId: text });
const practitioner = z.looseObject({
  mspId: text,
  practitionerId: text,
  role: text,
  status,
  passkeys: z.array(passkey).max(MAX_PASSKEYS).optional(),
});

const shape = z.looseObject({
  v: z.literal(1),
  intent: z.looseObject({
    intentId: text,
    handle: decodedBy(handle),
    purpose: text,
    basis: z.looseObject({ kind: z.enum(['consent', 'emergency']) }),
    sessionKey: text,
    txId: text,
    requester: z.looseObject({ mspId: text, practitionerId: text, role: text }),
    declaredAt: decodedBy(instant),
    expiresAt: decodedBy(instant),
    segments: z.array(z.looseObject({ ...ref, decision: z.enum(['permit', 'deny']) })).max(256),
  }),
  custodians: z.looseObject({
    epoch: count,
    threshold: count,
    publicKey: text,
    kid: text,
    members: z.array(z.looseObject({ mspId: text, index: count })).max(MAX_CUSTODIANS),
    verificationKeys: z.array(text).max(MAX_CUSTODIANS),
  }),
  hospital: z.looseObject({ mspId: text, status }),
  practitioner,
  patient: z.looseObject({ handle: decodedBy(handle), publicKey: text, status }),
  consents: z.array(consent).max(10_000),
  reads: z.record(z.string(), count),
  emergency: z
    .looseObject({
      handle: decodedBy(handle),
      state: text,
      scope: z.enum(['summary', 'full']),
      requester: actor,
      cosigner: actor.optional(),
      dutyOfficer: actor.optional(),
      expiresAt: decodedBy(instant),
      degradedRequest: text.optional(),
    })
    .optional(),
  vouchers: z.array(practitioner).max(2).optional(),
  records: z
    .array(
      z.looseObject({
        version: z.looseObject({
          recordId: text,
          version: count,
          ownerHandle: decodedBy(handle),
          manifestHash: text,
          labels: z.array(z.looseObject({ segmentId: text, label: text })).max(64),
          status: z.enum(['current', 'superseded', 'erased']),
        }),
        manifest: decodedBy(manifest).optional(),
      }),
    )
    .max(256),
  capsules: z.array(z.looseObject({ ref: z.looseObject(ref), capsule: decodedBy(base64Url(400)) })).max(256),
});

/**
 * Reads the answer of `access:GetReleaseContext`. What decides is checked member by member; what a patient signed
 * must be canonical, or its signature could not be verified again.
 */
export function decodeContext(answer: unknown): ReleaseContext {
  const context = shape.parse(answer);
  for (const { statement, signature } of context.consents)
    signedConsent({ statement, signature }, '$.consents');
  return context as unknown as ReleaseContext;
}

const { custodians, records, capsules, hospital, patient } = shape.shape;
const knownPerson = z.looseObject({
  hospital: hospital.optional(),
  practitioner: practitioner.extend({ personTag: text }).optional(),
  suspended: z.boolean(),
  uses: count,
  hospitalUses: count,
  hospitalQuota: count,
});
const degradedShape = z.looseObject({
  v: z.literal(1),
  mode: z.enum(DEGRADED_MODES),
  custodians,
  records,
  capsules,
  patient: patient.optional(),
  people: z.array(knownPerson).max(DEGRADED_PARTS.length),
});

/** Reads the answer of `degraded:GetContext`, likewise. */
export function decodeDegradedContext(answer: unknown): DegradedContext {
  return degradedShape.parse(answer) as unknown as DegradedContext;
}
