// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { describeReport, type JournalsReport } from './custody-reconcile.js';

const CLEAN: JournalsReport = {
  clean: true,
  compared: { AlderMSP: 3, BirchMSP: 2 },
  faults: [],
  withoutIntent: [],
  withoutPermit: [],
  onFork: [],
  rewritten: [],
  tooFew: [],
  silent: [],
  unfinished: [],
  entriesUnfinished: false,
  degraded: { missing: [], changed: [], unrecorded: [], unsigned: [], late: [] },
};

describe('the printed report of reconciliation', () => {
  test('journals that agree with the ledger: it says that no custodian broke a rule', () => {
    expect(describeReport(CLEAN)).toEqual([
      'Journal lines compared: AlderMSP 3, BirchMSP 2.',
      'No custodian released anything without a permitted intent.',
    ]);
  });

  test('attack 30: each finding names the custodian, and where it stands', () => {
    const at = { mspId: 'AlderMSP', seq: 7, intentId: 'in_x' };
    const lines = describeReport({
      ...CLEAN,
      clean: false,
      faults: [{ mspId: 'BirchMSP', seq: 2, fault: 'chain' }],
      withoutIntent: [at],
      withoutPermit: [{ ...at, seq: 8 }],
      onFork: [{ ...at, seq: 9, orderer: 'DogwoodMSP' }],
      rewritten: [{ mspId: 'BirchMSP', head: 'h', seenIn: 'heartbeat' }],
      tooFew: [{ intentId: 'in_y', by: ['AlderMSP'] }],
      silent: ['CedarMSP'],
    });
    expect(lines).toHaveLength(9);
    for (const expected of [
      'line 7',
      'line 8',
      'the orderer of DogwoodMSP forked',
      '(chain)',
      'heartbeat',
      'Only AlderMSP',
      'CedarMSP does not show',
    ])
      expect(lines.filter((line) => line.includes(expected))).toHaveLength(1);
    expect(lines).not.toContain('No custodian released anything without a permitted intent.');
  });
});
