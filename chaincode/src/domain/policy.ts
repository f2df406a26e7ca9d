// SPDX-License-Identifier: Apache-2.0
import type { Consent, ConsentStatement, Grantee } from './consent.js';
import { effectiveScope, emergencyCovers, type Emergency } from './emergency.js';
import type { ErrorCode } from './errors.js';
import type { ConsentId, EnrolmentId, Handle, MspId } from './ids.js';
import type { Segment } from './record.js';
import { within, type Instant } from './time.js';
import {
  CLINICIAN_ROLES,
  READABLE,
  type Category,
  type PractitionerRole,
  type Purpose,
} from './vocabulary.js';

/** The person who asks, as the ledger knows them now. */
export type Requester = Readonly<{
  mspId: MspId;
  practitionerId: EnrolmentId;
  role: PractitionerRole;
  department: string;
}>;

/** What of a segment decides about access. */
export type SegmentFacts = Readonly<
  Pick<Segment, 'segmentId' | 'class' | 'category' | 'dateBucket'> & { recordId: string; ownerHandle: Handle }
>;

/** Permit names what allowed it; deny names why not. */
export type Decision =
  Readonly<{ decision: 'permit'; consentId?: ConsentId }> | Readonly<{ decision: 'deny'; code: ErrorCode }>;

/** Who asks for which segment, why and when. */
export type ConsentQuestion = Readonly<{
  requester: Requester;
  segment: SegmentFacts;
  purpose: Purpose;
  at: Instant;
}>;

/** Reads already counted under a consent. */
export type ReadCount = (consentId: ConsentId) => number;

/** Whether the requester may open the segment under the patient's consents at the given time: deny first, default deny. */
export function decideByConsent(
  question: ConsentQuestion,
  consents: readonly Consent[],
  reads: ReadCount,
): Decision {
  const weighed = weigh(question, consents);
  if ('decision' in weighed) return weighed;
  const open = weighed.limited.find((consent) => hasReadsLeft(consent, reads));
  if (open === undefined) return deny('READS_EXHAUSTED');
  return { decision: 'permit', consentId: open.statement.consentId };
}

/** The limited consents of which the first with a read left permits the segment; none where reads decide nothing. */
export function decidingByReads(question: ConsentQuestion, consents: readonly Consent[]): readonly Consent[] {
  const weighed = weigh(question, consents);
  return 'decision' in weighed ? [] : weighed.limited;
}

/** The decision, or the limited permits that are left where nothing else decides. */
function weigh(
  { requester, segment, purpose, at }: ConsentQuestion,
  consents: readonly Consent[],
): Decision | Readonly<{ limited: readonly Consent[] }> {
  if (purpose === 'BTG') return deny('NO_CONSENT');
  if (!mayRead(requester.role, segment.category)) return deny('ROLE_NOT_ENTITLED');
  if (segment.class === 'sealed' || segment.class === 'index') return deny('OUTSIDE_SCOPE');
  const applicable = consents.filter(
    (consent) => isInForce(consent, at) && applies(consent.statement, requester, segment, purpose),
  );
  if (applicable.some(({ statement }) => statement.decision === 'deny')) return deny('CONSENT_DENIED');
  const permits = applicable.filter(({ statement }) => statement.decision === 'permit');
  if (permits.length === 0) return deny('NO_CONSENT');
  const open = permits.find(({ statement }) => statement.maxReads === undefined);
  if (open !== undefined) return { decision: 'permit', consentId: open.statement.consentId };
  return { limited: permits };
}

/** Whether the requester may open the segment under an emergency at the given time. */
export function decideByEmergency(
  question: Readonly<{ requester: Requester; segment: SegmentFacts; purpose: Purpose; at: Instant }>,
  emergency: Emergency,
): Decision {
  const { requester, segment, purpose, at } = question;
  if (purpose !== 'BTG') return deny('OUTSIDE_SCOPE');
  if (!CLINICIAN_ROLES.includes(requester.role)) return deny('ROLE_NOT_ENTITLED');
  if (!mayRead(requester.role, segment.category)) return deny('ROLE_NOT_ENTITLED');
  if (emergency.handle !== segment.ownerHandle) return deny('OUTSIDE_SCOPE');
  const isRequester =
    emergency.requester.mspId === requester.mspId &&
    emergency.requester.practitionerId === requester.practitionerId;
  if (!isRequester) return deny('EMERGENCY_NOT_OPEN');
  const state = emergencyCovers(emergency, at);
  if (state !== 'open') return deny(state);
  if (segment.class === 'summary') return { decision: 'permit' };
  if (segment.class === 'standard' && effectiveScope(emergency) === 'full') return { decision: 'permit' };
  return deny('OUTSIDE_SCOPE');
}

/**
 * Whether a consent in current state gives or takes access at an instant. A revocation or replacement that stands in
 * current state counts at once, whatever time the asking transaction claims.
 */
export function isInForce({ statement, revocation, replacedAt }: Consent, at: Instant): boolean {
  return (
    revocation === undefined &&
    replacedAt === undefined &&
    within(at, statement.validFrom, statement.validUntil)
  );
}

/** Whether a consent was in force on a past day: granted, not yet revoked or replaced, inside its validity. */
export function wasInForce({ statement, grantedAt, revocation, replacedAt }: Consent, at: Instant): boolean {
  const ended = [revocation?.revokedAt, replacedAt].some((end) => end !== undefined && end <= at);
  return !ended && grantedAt <= at && within(at, statement.validFrom, statement.validUntil);
}

/** Whether a role may ever read a category, whatever the patient consents to. */
export function mayRead(role: PractitionerRole, category: Category): boolean {
  return READABLE[role]?.includes(category) ?? false;
}

function applies(
  statement: ConsentStatement,
  requester: Requester,
  segment: SegmentFacts,
  purpose: Purpose,
): boolean {
  return (
    statement.handle === segment.ownerHandle &&
    names(statement.grantee, requester) &&
    statement.categories.includes(segment.category) &&
    statement.purposes.some((allowed) => allowed === purpose) &&
    (statement.dataFrom === undefined || statement.dataFrom <= segment.dateBucket) &&
    (statement.dataUntil === undefined || segment.dateBucket <= statement.dataUntil) &&
    (statement.records === undefined || statement.records.some((id) => id === segment.recordId))
  );
}

function names(grantee: Grantee, requester: Requester): boolean {
  if (grantee.mspId !== requester.mspId) return false;
  switch (grantee.kind) {
    case 'person':
      return grantee.practitionerId === requester.practitionerId;
    case 'role':
      return grantee.role === requester.role;
    case 'hospital':
      return true;
  }
}

function hasReadsLeft({ statement }: Consent, reads: ReadCount): boolean {
  return statement.maxReads === undefined || reads(statement.consentId) < statement.maxReads;
}

function deny(code: ErrorCode): Decision {
  return { decision: 'deny', code };
}
