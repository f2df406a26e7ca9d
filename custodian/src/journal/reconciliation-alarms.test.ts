// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import { alarmsIn, countsOf, MAX_ALARMS_OF_A_KIND } from './reconciliation-alarms.js';
import type { FullReport } from './reconciler.js';

const MANY = 10 * MAX_ALARMS_OF_A_KIND;

function report(change: Partial<FullReport>): FullReport {
  return {
    ...{ withoutIntent: [], withoutPermit: [], onFork: [], tooFew: [], rewritten: [], silent: [] },
    ...{ unfinished: [], faults: [], compared: {}, entriesUnfinished: false, clean: false },
    degraded: { missing: [], changed: [], unrecorded: [], unsigned: [], late: [] },
    ...change,
  };
}

test('attack 39: however many entries speak against one hospital, what speaks against another is in the log', () => {
  const junk = Array.from({ length: MANY }, (_, at) => ({ mspId: 'CedarMSP', requestHash: `A${at}` }));
  const unrecorded = [...junk, { mspId: 'AlderMSP', requestHash: 'h' }];
  const { degraded } = report({});
  const alarms = alarmsIn(report({ degraded: { ...degraded, unrecorded, missing: unrecorded } }));
  for (const alarm of ['DEGRADED_UNRECORDED', 'DEGRADED_MISSING']) {
    const ofKind = alarms.filter((one) => one.alarm === alarm);
    expect(ofKind).toContainEqual(expect.objectContaining({ mspId: 'AlderMSP', requestHash: 'h' }));
    expect(ofKind).toHaveLength(MAX_ALARMS_OF_A_KIND + 1);
  }
});

test('attack 39: intents for which one hospital alone says it gave a share hide none for which another did', () => {
  const junk = Array.from({ length: MANY }, (_, at) => ({ intentId: `in_${at}`, by: ['CedarMSP'] }));
  const tooFew = [...junk, { intentId: 'in_true', by: ['AlderMSP'] }];
  expect(alarmsIn(report({ tooFew }))).toContainEqual(
    expect.objectContaining({ alarm: 'TOO_FEW_RELEASES', intentId: 'in_true', by: 'AlderMSP' }),
  );
});

test('attack 39: entries about requests that no person signed are one alarm for each hospital, with their number', () => {
  const unsigned = [
    { mspId: 'BirchMSP', entries: 1 },
    { mspId: 'CedarMSP', entries: MANY },
  ];
  const found = report({ degraded: { ...report({}).degraded, unsigned } });
  expect(alarmsIn(found)).toMatchObject(unsigned.map((one) => ({ ...one, alarm: 'DEGRADED_UNSIGNED' })));
  expect(countsOf(found).degradedUnsigned).toBe(MANY + 1);
});
