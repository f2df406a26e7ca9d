// SPDX-License-Identifier: Apache-2.0
import * as domain from '@tutela/chaincode/domain';
import { decoded, z, type DecodedSchema } from './zod.js';

/** An id as answers show it, and as requests give it: the latter ends in the domain's own decoder. */
export type IdSchema<T> = Readonly<{ shown: z.ZodString; given: DecodedSchema<T> }>;

function id<T extends string>(pattern: RegExp, decoder: domain.Decoder<T>, example: string): IdSchema<T> {
  const shown = z.string().regex(pattern).openapi({ example });
  return { shown, given: decoded(shown, decoder) };
}

const random = (prefix: string) => new RegExp(`^${prefix}[A-Za-z0-9_-]{22}$`);
const example = (prefix: string) => `${prefix}${'A'.repeat(22)}`;
const P = domain.ID_PREFIXES;

export const handle: IdSchema<domain.Handle> = id(random(P.handle), domain.handle, example(P.handle));
export const recordId: IdSchema<domain.RecordId> = id(random(P.record), domain.recordId, example(P.record));
export const segmentId: IdSchema<domain.SegmentId> = id(
  random(P.segment),
  domain.segmentId,
  example(P.segment),
);
export const consentId: IdSchema<domain.ConsentId> = id(
  random(P.consent),
  domain.consentId,
  example(P.consent),
);
export const intentId: IdSchema<domain.IntentId> = id(random(P.intent), domain.intentId, example(P.intent));
export const emergencyId: IdSchema<domain.EmergencyId> = id(
  random(P.emergency),
  domain.emergencyId,
  example(P.emergency),
);
export const systemId: IdSchema<domain.SystemId> = id(random(P.system), domain.systemId, example(P.system));
export const auditReadId: IdSchema<domain.AuditReadId> = id(
  random(P.auditRead),
  domain.auditReadId,
  example(P.auditRead),
);
export const erasureId: IdSchema<domain.ErasureId> = id(
  random(P.erasure),
  domain.erasureId,
  example(P.erasure),
);
export const guardianId: IdSchema<domain.GuardianId> = id(
  random(P.guardian),
  domain.guardianId,
  example(P.guardian),
);
export const mspId: IdSchema<domain.MspId> = id(/^[A-Za-z][A-Za-z0-9.-]{0,63}$/, domain.mspId, 'AlderMSP');
export const practitionerId: IdSchema<domain.EnrolmentId> = id(
  /^[A-Za-z][A-Za-z0-9_-]{0,63}$/,
  domain.enrolmentId,
  example(P.practitioner),
);
export const txId: IdSchema<domain.TxId> = id(/^[0-9a-f]{64}$/, domain.txId, '0'.repeat(64));
export const instant: IdSchema<domain.Instant> = id(
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  domain.instant,
  '2026-01-31T08:00:00.000Z',
);
export const month: IdSchema<domain.Month> = id(/^\d{4}-(0[1-9]|1[0-2])$/, domain.month, '2026-01');

/** Base64url texts of fixed length. */
export const bytes32 = z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/);
export const nonce = z.string().regex(/^[A-Za-z0-9_-]{21}[AQgw]$/);
export const p256PublicKey = z.string().regex(/^B[A-Za-z0-9_-]{85}[AEIMQUYcgkosw048]$/);
export const p256Signature = z.string().regex(/^[A-Za-z0-9_-]{85}[AQgw]$/);

/** What every write answers beside its own members. */
export const written = { txId: txId.shown };
