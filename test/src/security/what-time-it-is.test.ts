// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { instantOf, type Emergency, type EmergencyId } from '@tutela/chaincode/domain';
import type { Stored } from '../support/answers.js';
import { grant, storeRecord } from '../support/clinic.js';
import { smallDocument } from '../support/fixtures.js';
import { askCustodians, decisionOf, declareAs } from '../support/insider-acts.js';
import { insiderPerson, answerOf, type InsiderPerson } from '../support/insider-person.js';
import type { PatientWallet } from '../support/patient-wallet.js';
import { randomBytes32, randomId } from '../support/random-id.js';
import { useScene } from '../support/scene.js';

const HOUR_MS = 3_600_000;
const SKEW_MS = 1_500;
const SHORT_MS = 4_000;

function emergencyFor(clinician: InsiderPerson, { handle }: PatientWallet) {
  const facts = {
    emergencyId: randomId('emergency') as EmergencyId,
    handle,
    reason: 'unconscious',
    reasonHash: randomBytes32(),
    scope: 'summary',
    timeBoxMinutes: 15,
  };
  const stepUp = answerOf(clinician.device, clinician, { act: 'open-emergency', subject: facts });
  return { ...facts, stepUp };
}

describe('what time it is', () => {
  const scene = useScene();
  let reader: InsiderPerson;
  let summary: Stored;

  beforeAll(async () => {
    const { away, patient, physician } = scene();
    const filing = { category: 'summary', class: 'summary' } as const;
    [reader, summary] = await Promise.all([
      insiderPerson(away, 'physician'),
      storeRecord(physician, patient, smallDocument('Allergic to penicillin'), filing),
    ]);
  });
  afterAll(() => {
    reader.ledger.close();
  });

  /** The patient lets the insider read the summary, from and until given times. */
  const permit = (validFromMs: number, validUntilMs: number) => {
    const { patient, physician } = scene();
    const { mspId, practitionerId } = reader;
    const grantee = { kind: 'person', mspId, practitionerId };
    return grant(physician, patient, { grantee, categories: ['summary'], validFromMs, validUntilMs });
  };
  const declare = (timestampMs: number) =>
    declareAs(reader, { patient: scene().patient, stored: summary, timestampMs });

  test('attack 9: a hospital whose chaincode runs seconds after the others’ writes what they write', async () => {
    const { consortium, home, otherPatient, patient, record } = scene();
    const endorsers = consortium.hospitals.map(({ mspId }) => mspId);
    const grantee = { kind: 'hospital', mspId: home.mspId };
    const { recordId, version, segments } = record;
    const acts: readonly (readonly [string, object])[] = [
      ['emergency:Open', emergencyFor(reader, otherPatient)],
      ['consent:Grant', otherPatient.consent({ grantee, categories: ['device'] })],
      [
        'access:DeclareIntent',
        {
          intentId: randomId('intent'),
          handle: patient.handle,
          purpose: 'TREAT',
          basis: { kind: 'consent' },
          sessionKey: randomBytes32(),
          segments: segments.map(({ segmentId }) => ({ recordId, version, segmentId })),
        },
      ],
    ];
    const late = consortium.at(consortium.hospitals.length - 1);
    const timestampMs = Date.now() - SKEW_MS;
    await consortium.processes.signal(late.id, 'chaincode', 'SIGSTOP');
    // The others simulate now, the sleeper when it is awake; what differed would not make one transaction.
    const acting = Promise.all(
      acts.map(([name, request]) => reader.ledger.submit(name, request, { endorsers, timestampMs })),
    );
    acting.catch(() => undefined);
    await pause(SKEW_MS);
    await consortium.processes.signal(late.id, 'chaincode', 'SIGCONT');
    const [opened, granted, declared] = (await acting).map(({ answer }) => answer);
    const at = instantOf(timestampMs);
    expect(opened).toMatchObject({ requester: { at } });
    expect(granted).toMatchObject({ grantedAt: at });
    expect(declared).toMatchObject({ declaredAt: at });
  });

  test('attack 10: an intent dated back into an expired consent or another hour, or forward, gets no share', async () => {
    const { away, consortium } = scene();
    const until = Date.now() + SHORT_MS;
    await permit(Date.now() - 2 * HOUR_MS, until);
    await pause(until - Date.now() + 1_000);
    const honest = await declare(Date.now());
    expect(decisionOf(honest)).toBe('NO_CONSENT');
    const [backdated, longAgo, ahead] = await Promise.all([
      declare(until - 1),
      declare(until - HOUR_MS),
      declare(Date.now() + HOUR_MS),
    ]);
    // The rules take the transaction's word for its time; the custodians hold it against their own clocks.
    expect(decisionOf(backdated)).toBe('permit');
    expect(decisionOf(longAgo)).toBe('permit');
    const everywhere = (code: string) => consortium.hospitals.map(() => code);
    expect(await askCustodians(consortium, away, backdated)).toEqual(everywhere('NO_CONSENT'));
    expect(await askCustodians(consortium, away, longAgo)).toEqual(everywhere('INTENT_EXPIRED'));
    expect(await askCustodians(consortium, away, ahead)).toEqual(everywhere('INTENT_EXPIRED'));
  });

  test('attack 11: a consent begins and ends at its very milliseconds', async () => {
    const from = Date.now() + HOUR_MS;
    const until = from + HOUR_MS;
    await permit(from, until);
    const moments = [from - 1, from, until - 1, until];
    const decisions = (await Promise.all(moments.map(declare))).map(decisionOf);
    expect(decisions).toEqual(['NO_CONSENT', 'permit', 'permit', 'NO_CONSENT']);
  });

  test('attack 11: an emergency begins and ends at its very milliseconds', async () => {
    const { patient } = scene();
    const request = emergencyFor(reader, patient);
    const opened = await reader.ledger.submit('emergency:Open', request);
    const { expiresAt, requester } = opened.answer as Emergency;
    const [from, until] = [Date.parse(requester.at), Date.parse(expiresAt)];
    const basis = { kind: 'emergency', emergencyId: request.emergencyId } as const;
    const ask = (timestampMs: number) =>
      declareAs(reader, { patient, stored: summary, timestampMs, purpose: 'BTG', basis });
    const decisions = (await Promise.all([from - 1, from, until - 1, until].map(ask))).map(decisionOf);
    expect(decisions).toEqual(['EMERGENCY_NOT_OPEN', 'permit', 'permit', 'EMERGENCY_EXPIRED']);
  });
});
