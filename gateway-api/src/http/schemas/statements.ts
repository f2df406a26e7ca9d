// SPDX-License-Identifier: Apache-2.0
import * as domain from '@tutela/chaincode/domain';
import * as ids from './ids.js';
import { decoded, z, type DecodedSchema } from './zod.js';

const channel = z.string().regex(/^[a-z0-9.-]{1,64}$/);
const version = z.int().min(1).max(1_000_000);

export const category = z.enum(domain.CATEGORIES);
export const purpose = z.enum(domain.PURPOSES);
export const status = z.enum(domain.STATUSES);
export const scope = z.enum(domain.SCOPES);
export const practitionerRole = z.enum(domain.PRACTITIONER_ROLES);
export const department = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);
export const errorCode = z.enum(domain.ERROR_CODES);

const grantee = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('person'),
    mspId: ids.mspId.shown,
    practitionerId: ids.practitionerId.shown,
  }),
  z.strictObject({ kind: z.literal('role'), mspId: ids.mspId.shown, role: practitionerRole }),
  z.strictObject({ kind: z.literal('hospital'), mspId: ids.mspId.shown }),
]);

export const consentStatement = z
  .strictObject({
    v: z.literal(1),
    kind: z.literal('consent'),
    channel,
    consentId: ids.consentId.shown,
    version: z.int().min(1).max(10_000),
    handle: ids.handle.shown,
    decision: z.enum(['permit', 'deny']),
    grantee,
    categories: z.array(category).min(1).max(domain.CATEGORIES.length),
    purposes: z.array(z.enum(domain.CONSENTED_PURPOSES)).min(1).max(domain.CONSENTED_PURPOSES.length),
    validFrom: ids.instant.shown,
    validUntil: ids.instant.shown,
    signedAt: ids.instant.shown,
    nonce: ids.nonce,
    dataFrom: ids.month.shown.optional(),
    dataUntil: ids.month.shown.optional(),
    maxReads: z.int().min(1).max(domain.MAX_READS).optional(),
    records: z.array(ids.recordId.shown).min(1).max(256).optional(),
  })
  .openapi('ConsentStatement');

export const revocationStatement = z
  .strictObject({
    v: z.literal(1),
    kind: z.literal('revocation'),
    channel,
    consentId: ids.consentId.shown,
    handle: ids.handle.shown,
    reason: z.enum(domain.REVOCATION_REASONS),
    signedAt: ids.instant.shown,
    nonce: ids.nonce,
  })
  .openapi('RevocationStatement');

const erasureStatement = z
  .strictObject({
    v: z.literal(1),
    kind: z.literal('erasure'),
    channel,
    erasureId: ids.erasureId.shown,
    recordId: ids.recordId.shown,
    handle: ids.handle.shown,
    signedAt: ids.instant.shown,
    nonce: ids.nonce,
  })
  .openapi('ErasureStatement');

const contestStatement = z
  .strictObject({
    v: z.literal(1),
    kind: z.literal('contest'),
    channel,
    emergencyId: ids.emergencyId.shown,
    handle: ids.handle.shown,
    guardianId: ids.guardianId.shown.optional(),
    nonce: ids.nonce,
  })
  .openapi('ContestStatement');

const noticesStatement = z
  .strictObject({
    v: z.literal(2),
    kind: z.literal('notices'),
    channel,
    handle: ids.handle.shown,
    through: ids.mspId.shown,
    guardianId: ids.guardianId.shown.optional(),
    signedAt: ids.instant.shown,
    nonce: ids.nonce,
  })
  .openapi('NoticesStatement');

const retirement = {
  channel,
  handle: ids.handle.shown,
  recordId: ids.recordId.shown,
  version: z.int().min(1),
  signedAt: ids.instant.shown,
  nonce: ids.nonce,
};
const retirementStatement = z
  .strictObject({ v: z.literal(2), ...retirement, kind: z.literal('retirement'), manifestHash: ids.bytes32 })
  .openapi('RetirementStatement');
const objectionStatement = z
  .strictObject({
    v: z.literal(1),
    ...retirement,
    kind: z.literal('retirement-objection'),
    orderTxId: ids.txId.shown,
    guardianId: ids.guardianId.shown.optional(),
  })
  .openapi('RetirementObjection');

const signed = (statement: z.ZodType) => z.strictObject({ statement, signature: ids.p256Signature });

/** Statements that a patient signs; the signature is checked by the ledger, and by custodians again. */
export const signedConsent: DecodedSchema<domain.SignedConsent> = decoded(
  signed(consentStatement),
  domain.signedConsent,
);
export const signedRevocation: DecodedSchema<domain.SignedRevocation> = decoded(
  signed(revocationStatement),
  domain.signedRevocation,
);
export const eraseRecord: DecodedSchema<domain.EraseRecord> = decoded(
  signed(erasureStatement),
  domain.eraseRecord,
);
export const contestEmergency: DecodedSchema<domain.Decoded<typeof domain.contestEmergency>> = decoded(
  signed(contestStatement),
  domain.contestEmergency,
);

export const noticesRequest: DecodedSchema<domain.SignedNoticesRequest> = decoded(
  signed(noticesStatement),
  domain.signedNoticesRequest,
);

export const signedRetirement: DecodedSchema<domain.SignedRetirement> = decoded(
  signed(retirementStatement),
  domain.signedRetirement,
);
export const signedObjection: DecodedSchema<domain.SignedObjection> = decoded(
  signed(objectionStatement),
  domain.signedObjection,
);

export const segmentRef = z.strictObject({
  recordId: ids.recordId.shown,
  version,
  segmentId: ids.segmentId.shown,
});
export const segmentRefs: DecodedSchema<readonly domain.SegmentRef[]> = decoded(
  z.array(segmentRef).min(1).max(domain.MAX_SEGMENTS_PER_INTENT),
  domain.list(domain.segmentRef, 1, domain.MAX_SEGMENTS_PER_INTENT),
);

/** Under what one opens: the patient's consents, or an emergency. */
export const basis: DecodedSchema<domain.Basis> = decoded(
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('consent') }),
    z.strictObject({ kind: z.literal('emergency'), emergencyId: ids.emergencyId.shown }),
  ]),
  domain.basis,
);

export const auditScope: DecodedSchema<domain.AuditScope> = decoded(
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('handle'),
      handle: ids.handle.shown,
      signature: ids.p256Signature.optional(),
      nonce: ids.nonce.optional(),
    }),
    z.strictObject({
      kind: z.literal('practitioner'),
      mspId: ids.mspId.shown,
      practitionerId: ids.practitionerId.shown,
    }),
    z.strictObject({ kind: z.literal('hospital'), mspId: ids.mspId.shown }),
  ]),
  domain.auditScope,
);
