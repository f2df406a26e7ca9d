// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Consent } from './consent.js';
import type { Emergency } from './emergency.js';
import {
  decideByConsent,
  decideByEmergency,
  isInForce,
  wasInForce,
  type Requester,
  type SegmentFacts,
} from './policy.js';
import type { Instant } from './time.js';
import {
  CATEGORIES,
  CONSENTED_PURPOSES,
  PRACTITIONER_ROLES,
  PURPOSES,
  READABLE,
  SEGMENT_CLASSES,
} from './vocabulary.js';

const TIMES = ['2026-01-01', '2026-02-01', '2026-03-01', '2026-04-01'].map((day) => `${day}T00:00:00.000Z`);
const MONTHS = ['2025-11', '2025-12', '2026-01', '2026-02'];
// The usual value stands several times, so that most conditions hold and each is also seen alone to fail.
const HOSPITALS = ['AlderMSP', 'AlderMSP', 'AlderMSP', 'BirchMSP'];
const PEOPLE = ['pr_1', 'pr_1', 'pr_1', 'pr_2'];
const HANDLES = ['pt_1', 'pt_1', 'pt_1', 'pt_2'];
const RECORDS = ['rec_1', 'rec_2'];
const from = <T>(values: readonly T[]) => fc.constantFrom(...values);
const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 });
const maybe = <T>(of: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: of });
const usually = <T, U>(usual: T, values: readonly U[]) =>
  from<T | U>([usual, usual, usual, usual, ...values]);

const requesters = fc.record({
  mspId: from(HOSPITALS),
  practitionerId: from(PEOPLE),
  role: from([...Array<'physician'>(12).fill('physician'), ...PRACTITIONER_ROLES]),
  department: fc.constant('ward'),
}) as unknown as fc.Arbitrary<Requester>;

const segments = fc.record({
  segmentId: fc.constant('seg_1'),
  class: usually('standard', SEGMENT_CLASSES),
  category: from(CATEGORIES),
  dateBucket: from(MONTHS),
  recordId: from(RECORDS),
  ownerHandle: from(HANDLES),
}) as unknown as fc.Arbitrary<SegmentFacts>;

const grantees = fc.oneof(
  fc.record({ kind: fc.constant('person'), mspId: from(HOSPITALS), practitionerId: from(PEOPLE) }),
  fc.record({ kind: fc.constant('role'), mspId: from(HOSPITALS), role: from(PRACTITIONER_ROLES) }),
  fc.record({ kind: fc.constant('hospital'), mspId: from(HOSPITALS) }),
);

const statements = fc.record({
  consentId: from(['con_1', 'con_2', 'con_3']),
  handle: from(HANDLES),
  decision: from(['permit', 'permit', 'deny']),
  grantee: grantees,
  categories: fc.oneof(fc.constant(CATEGORIES), some(CATEGORIES)),
  purposes: fc.oneof(fc.constant(['TREAT']), some(CONSENTED_PURPOSES)),
  validFrom: usually(TIMES[0], TIMES),
  validUntil: usually(TIMES[3], TIMES),
  dataFrom: maybe(from(MONTHS)),
  dataUntil: maybe(from(MONTHS)),
  maxReads: maybe(fc.integer({ min: 1, max: 3 })),
  records: maybe(some(RECORDS)),
});

const consents = fc.record({
  statement: statements,
  signature: fc.constant(''),
  grantedAt: from(TIMES),
  revocation: maybe(fc.record({ revokedAt: from(TIMES) })),
  replacedAt: maybe(from(TIMES)),
}) as unknown as fc.Arbitrary<Consent>;

const questions = fc.record({
  requester: requesters,
  segment: segments,
  purpose: from([...Array<'TREAT'>(6).fill('TREAT'), ...Array<'BTG'>(3).fill('BTG'), ...PURPOSES]),
  at: from(TIMES) as unknown as fc.Arbitrary<Instant>,
});

/** The rule once more, written as one table of conditions that must all hold, without a line of the original. */
function oracle(
  { requester, segment, purpose, at }: Parameters<typeof decideByConsent>[0],
  all: readonly Consent[],
  reads: (id: string) => number,
): string {
  const inForce = (c: Consent): boolean =>
    [
      c.revocation === undefined,
      c.replacedAt === undefined,
      c.statement.validFrom <= at,
      at < c.statement.validUntil,
    ].every(Boolean);
  const names = ({ statement: { grantee: g } }: Consent): boolean =>
    [
      g.mspId === requester.mspId,
      g.kind !== 'person' || g.practitionerId === requester.practitionerId,
      g.kind !== 'role' || g.role === requester.role,
    ].every(Boolean);
  const covers = ({ statement: s }: Consent): boolean =>
    [
      s.handle === segment.ownerHandle,
      s.categories.indexOf(segment.category) >= 0,
      s.purposes.findIndex((p) => p === purpose) >= 0,
      !(s.dataFrom !== undefined && segment.dateBucket < s.dataFrom),
      !(s.dataUntil !== undefined && segment.dateBucket > s.dataUntil),
      s.records === undefined || s.records.map(String).includes(segment.recordId),
    ].every(Boolean);
  if (purpose === 'BTG') return 'NO_CONSENT';
  if (!(READABLE[requester.role] ?? []).some((c) => c === segment.category)) return 'ROLE_NOT_ENTITLED';
  if (['sealed', 'index'].includes(segment.class)) return 'OUTSIDE_SCOPE';
  const relevant = all.filter((c) => inForce(c) && names(c) && covers(c));
  if (relevant.filter((c) => c.statement.decision === 'deny').length > 0) return 'CONSENT_DENIED';
  if (relevant.length === 0) return 'NO_CONSENT';
  const left = relevant.filter(
    ({ statement: s }) => s.maxReads === undefined || reads(s.consentId) < s.maxReads,
  );
  return left.length > 0 ? 'permit' : 'READS_EXHAUSTED';
}

describe('decideByConsent', () => {
  test('agrees with an independent truth table', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        questions,
        fc.array(consents, { maxLength: 4 }),
        fc.integer({ min: 0, max: 4 }),
        (question, all, count) => {
          const decision = decideByConsent(question, all, () => count);
          const expected = oracle(question, all, () => count);
          seen.add(expected);
          expect(decision.decision === 'permit' ? 'permit' : decision.code).toBe(expected);
        },
      ),
      { numRuns: 20_000, seed: 7 },
    );
    expect([...seen].sort()).toEqual([
      'CONSENT_DENIED',
      'NO_CONSENT',
      'OUTSIDE_SCOPE',
      'READS_EXHAUSTED',
      'ROLE_NOT_ENTITLED',
      'permit',
    ]);
  });

  test('another deny, a revocation, or a lapse of time never opens anything', () => {
    fc.assert(
      fc.property(questions, fc.array(consents, { maxLength: 4 }), consents, (question, all, extra) => {
        const before = decideByConsent(question, all, () => 0).decision;
        const denial = { ...extra, statement: { ...extra.statement, decision: 'deny' } } as Consent;
        const denied = decideByConsent(question, [...all, denial], () => 0).decision;
        if (before === 'deny') expect(denied).toBe('deny');
      }),
      { numRuns: 5_000, seed: 8 },
    );
  });

  test('names the permit that allowed it, and prefers one without a limit', () => {
    fc.assert(
      fc.property(questions, fc.array(consents, { maxLength: 4 }), (question, all) => {
        const decision = decideByConsent(question, all, () => 0);
        if (decision.decision !== 'permit') return;
        const chosen = all.filter(({ statement }) => statement.consentId === decision.consentId);
        expect(chosen.some((consent) => isInForce(consent, question.at))).toBe(true);
      }),
      { numRuns: 5_000, seed: 9 },
    );
  });
});

describe('decideByEmergency', () => {
  const emergencies = fc.record({
    handle: from(HANDLES),
    scope: from(['summary', 'full']),
    state: from(['requested', 'cosigned', 'closed', 'under-review', 'upheld', 'abuse']),
    requester: fc.record({ mspId: from(HOSPITALS), practitionerId: from(PEOPLE), at: from(TIMES) }),
    cosigner: maybe(fc.constant({})),
    dutyOfficer: maybe(fc.constant({})),
    expiresAt: from(TIMES),
  }) as unknown as fc.Arbitrary<Emergency>;

  test('opens exactly when every condition holds', () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(questions, emergencies, (question, emergency) => {
        const { requester, segment, purpose, at } = question;
        const full = emergency.scope === 'full' && !!emergency.cosigner && !!emergency.dutyOfficer;
        const expected = [
          purpose === 'BTG',
          ['physician', 'nurse', 'medical-officer'].includes(requester.role),
          (READABLE[requester.role] ?? []).includes(segment.category),
          emergency.handle === segment.ownerHandle,
          emergency.requester.mspId === requester.mspId,
          emergency.requester.practitionerId === requester.practitionerId,
          ['requested', 'cosigned'].includes(emergency.state),
          emergency.requester.at <= at && at < emergency.expiresAt,
          segment.class === 'summary' || (segment.class === 'standard' && full),
        ].every(Boolean);
        seen.add(expected);
        expect(decideByEmergency(question, emergency).decision === 'permit').toBe(expected);
      }),
      { numRuns: 20_000, seed: 10 },
    );
    expect(seen.size).toBe(2);
  });
});

describe('wasInForce', () => {
  test('asks what was known on the day: granted, and neither revoked nor replaced by then', () => {
    fc.assert(
      fc.property(consents, from(TIMES), (consent, at) => {
        const { statement, grantedAt, revocation, replacedAt } = consent;
        const expected =
          grantedAt <= at &&
          statement.validFrom <= at &&
          at < statement.validUntil &&
          !(revocation !== undefined && revocation.revokedAt <= at) &&
          !(replacedAt !== undefined && replacedAt <= at);
        expect(wasInForce(consent, at as Instant)).toBe(expected);
      }),
      { numRuns: 5_000, seed: 11 },
    );
  });
});
