// SPDX-License-Identifier: Apache-2.0
import {
  CLINICIAN_ROLES,
  decideByConsent,
  decideByEmergency,
  permitted,
  samePerson,
  type Consent,
  type ConsentId,
  type Decision,
  type Emergency,
  type Instant,
  type ReleaseContext,
  type Requester,
  type SegmentFacts,
} from '@tutela/chaincode/domain';

/** What a rule is asked about one segment. */
export type SegmentQuestion = Readonly<{ segment: SegmentFacts; times: readonly Instant[] }>;

/**
 * Check 5: the domain's own rules, evaluated once more in current state, at every given time (the own clock, the
 * intent's time, and the other hospitals' time if that is later). One denial denies.
 */
export function decideByPolicy(
  context: ReleaseContext,
  consents: readonly Consent[],
  { segment, times }: SegmentQuestion,
): Decision {
  const decisions = times.map((at) => {
    const question = { requester: requesterNow(context), segment, purpose: context.intent.purpose, at };
    return context.intent.basis.kind === 'emergency'
      ? decideInEmergency(question, context)
      : decideByConsent(question, consents, readsOf(context));
  });
  return (
    decisions.find(({ decision }) => decision === 'deny') ??
    decisions[0] ?? { decision: 'deny', code: 'NO_CONSENT' }
  );
}

/** The requester as the ledger knows the person now: a change of role or department bites at once. */
function requesterNow({ practitioner }: ReleaseContext): Requester {
  const { mspId, practitionerId, role, department } = practitioner;
  return { mspId, practitionerId, role, department };
}

function decideInEmergency(
  question: Parameters<typeof decideByEmergency>[0],
  { emergency, intent }: ReleaseContext,
): Decision {
  if (emergency === undefined || intent.basis.kind !== 'emergency') return deny('EMERGENCY_NOT_OPEN');
  if (emergency.emergencyId !== intent.basis.emergencyId) return deny('EMERGENCY_NOT_OPEN');
  if (!CLINICIAN_ROLES.includes(question.requester.role)) return deny('ROLE_NOT_ENTITLED');
  if (hasOneActorTwice(emergency)) return deny('EMERGENCY_SAME_PERSON');
  return decideByEmergency(question, emergency);
}

function hasOneActorTwice({ requester, cosigner, dutyOfficer }: Emergency): boolean {
  const others = [cosigner, dutyOfficer].filter((actor) => actor !== undefined);
  // A second clinician may be the duty officer as well; the officer is always of another hospital.
  return others.some((actor) => samePerson(requester, actor)) || dutyOfficer?.mspId === requester.mspId;
}

/**
 * Reads left for this intent: those counted before it. A limited consent under which this intent was not counted
 * gives nothing, or a second consent could be read without a count.
 */
function readsOf({ intent, reads }: ReleaseContext): (consentId: ConsentId) => number {
  const counted = new Set(
    permitted(intent).flatMap((segment) =>
      segment.decision === 'permit' && segment.consentId !== undefined ? [segment.consentId] : [],
    ),
  );
  return (id) => (counted.has(id) ? Math.max(0, (reads[id] ?? Infinity) - 1) : Infinity);
}

function deny(code: Extract<Decision, { decision: 'deny' }>['code']): Decision {
  return { decision: 'deny', code };
}
