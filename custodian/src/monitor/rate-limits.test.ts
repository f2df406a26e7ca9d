// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { EmergencyId, EnrolmentId, IntentId, MspId } from '@tutela/chaincode/domain';
import { RateLimits } from './rate-limits.js';
import { SlidingCount } from './sliding-count.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

const person = (name: string, hospital = 'AlderMSP'): { mspId: MspId; practitionerId: EnrolmentId } => ({
  mspId: hospital as MspId,
  practitionerId: name as EnrolmentId,
});
const intent = (name: string): IntentId => name as IntentId;
const emergency = (name: string): EmergencyId => name as EmergencyId;

describe('rate limits', () => {
  test('attack 34: the limit of a person holds within a sliding minute, that of a hospital over all its people', () => {
    const limits = new RateLimits({ practitioner: 2, hospital: 3 });
    const admit = (who: string, what: string, at: number): void => {
      limits.admit({ intentId: intent(what), requester: person(who) }, at);
    };
    admit('a', '1', 0);
    admit('a', '2', 1);
    expect(() => {
      admit('a', '3', 2);
    }).toThrow('wait a minute');
    admit('b', '4', 3);
    expect(() => {
      admit('c', '5', 4);
    }).toThrow('wait a minute');
    expect(() => {
      admit('c', '5', MINUTE_MS - 1);
    }).toThrow('wait a minute');
    admit('c', '5', MINUTE_MS);
  });

  test('a refused intent is not counted', () => {
    const limits = new RateLimits({ practitioner: 1, hospital: 10 });
    limits.admit({ intentId: intent('1'), requester: person('a') }, 0);
    for (const at of [1, 2, 3])
      expect(() => {
        limits.admit({ intentId: intent('2'), requester: person('a') }, at);
      }).toThrow('wait');
    limits.admit({ intentId: intent('2'), requester: person('a') }, MINUTE_MS);
  });

  test('attack 34 and §15.20: emergencies have a quota of their own, by clinician and hospital, that a restart does not clear', () => {
    const limits = new RateLimits({ practitioner: 100, hospital: 1_000 });
    for (let n = 1; n <= 4; n += 1)
      limits.remember({ emergencyId: emergency(String(n)), requester: person('a') }, n);
    const admit = (who: string, id: string, at: number): void => {
      limits.admit(
        {
          intentId: intent(`${who}-${id}-${String(at)}`),
          requester: person(who),
          emergencyId: emergency(id),
        },
        at,
      );
    };
    admit('a', '5', 10);
    admit('a', '5', 11);
    expect(() => {
      admit('a', '6', 12);
    }).toThrow('within a day');
    for (let n = 6; n <= 50; n += 1) admit(`p${String(n)}`, String(n), 20);
    expect(() => {
      admit('z', '51', 21);
    }).toThrow('within a day');
    admit('z', '51', DAY_MS + 20);
  });

  test('attack 44: people whose window is over are forgotten, however many a hospital registers', () => {
    const count = new SlidingCount(MINUTE_MS);
    for (let who = 0; who < 5_000; who += 1) count.add(`CedarMSP/${String(who)}`, 'intent', 0);
    count.add('AlderMSP/a', 'intent', MINUTE_MS - 1);
    count.add('AlderMSP/b', 'intent', MINUTE_MS);
    expect(count.subjects).toBe(2);
    expect(count.fits('AlderMSP/a', 'another', { limit: 1, at: MINUTE_MS })).toBe(false);
  });
});
