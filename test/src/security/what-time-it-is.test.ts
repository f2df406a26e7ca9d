// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CLOCK_SKEW_MS, instantOf, type Emergency } from '@tutela/chaincode/domain';
import type { Stored } from '../support/answers.js';
import { grant, storeRecord } from '../support/clinic.js';
import { smallDocument } from '../support/fixtures.js';
import { askCustodians, decisionOf, declareAs } from '../support/insider-acts.js';
import { insiderPerson, answerOf, type InsiderPerson } from '../support/insider-person.js';
import { ledgerRefusal } from '../support/ledger-client.js';
import type { PatientWallet } from '../support/patient-wallet.js';
import { ownId, randomBytes32 } from '../support/random-id.js';
import { useScene } from '../support/scene.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const SKEW_MS = 1_500;
const SHORT_MS = 4_000;

function emergencyFor(clinician: InsiderPerson, { handle }: PatientWallet) {
  const facts = {
    emergencyId: ownId('emergency', clinician.mspId),
    handle,
    reason: 'unconscious',
    reasonHash: randomBytes32(),
    scope: 'summary',
    timeBoxMinutes: 5,
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
          intentId: ownId('intent', reader.mspId),
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
    for (const far of [until - HOUR_MS, Date.now() + HOUR_MS])
      expect(await ledgerRefusal(declare(far))).toMatchObject({ code: 'CLOCK_SKEWED' });
    const backdated = await declare(until - 1);
    // Within the clock skew the rules take the transaction's time; the custodians compare it with their own clocks.
    expect(decisionOf(backdated)).toBe('permit');
    const everywhere = consortium.hospitals.map(() => 'NO_CONSENT');
    expect(await askCustodians(consortium, away, backdated)).toEqual(everywhere);
  });

  test('attack 35: a proposal of 2099, of yesterday, or beyond the clock skew is refused by real peers', async () => {
    const { patient } = scene();
    const times = [
      Date.parse('2099-01-01T00:00:00.000Z'),
      Date.now() - DAY_MS,
      Date.now() + CLOCK_SKEW_MS + MINUTE_MS,
      Date.now() - CLOCK_SKEW_MS - MINUTE_MS,
    ];
    for (const timestampMs of times) {
      const refusals = await Promise.all([
        ledgerRefusal(declare(timestampMs)),
        ledgerRefusal(reader.ledger.submit('emergency:Open', emergencyFor(reader, patient), { timestampMs })),
      ]);
      expect(refusals.map(({ code }) => code)).toEqual(['CLOCK_SKEWED', 'CLOCK_SKEWED']);
    }
    const near = Date.now() - CLOCK_SKEW_MS + MINUTE_MS;
    await expect(declare(near)).resolves.toBeDefined();
  });

  test('attack 11: a consent begins and ends at its very milliseconds', async () => {
    const from = Date.now() + MINUTE_MS;
    const until = from + MINUTE_MS;
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
