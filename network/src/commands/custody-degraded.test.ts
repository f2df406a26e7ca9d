// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { describeDegraded } from './custody-degraded.js';
import { describeReport } from './custody-reconcile.js';

const AT = '2026-03-01T08:00:00.000Z';

describe('the printed account of emergencies while the ledger stalls', () => {
  test('the mode, what it takes, and who voted how', () => {
    expect(describeDegraded({ mode: 'off', needed: 2, votes: [] })).toEqual([
      'While the ledger stalls, nothing opens.',
      '  2 hospitals must vote for it; the votes: none',
    ]);
    const votes = [
      { mspId: 'AlderMSP', mode: 'on', at: AT },
      { mspId: 'BirchMSP', mode: 'on', at: AT },
    ] as const;
    expect(describeDegraded({ mode: 'on', needed: 2, votes: [...votes] })).toEqual([
      'While the ledger stalls, two clinicians may open an emergency with the custodians.',
      '  2 hospitals must vote for it; the votes: AlderMSP on, BirchMSP on',
    ]);
  });

  test('§15.22: each entry that is missing, changed, without an emergency or late names its custodian', () => {
    const of = (mspId: string) => ({ mspId, requestHash: 'h' });
    const lines = describeReport({
      ...{ clean: false, compared: {}, faults: [], withoutIntent: [], withoutPermit: [], onFork: [] },
      ...{ rewritten: [], tooFew: [], silent: [], unfinished: [], entriesUnfinished: false },
      degraded: {
        missing: [of('AlderMSP')],
        changed: [of('BirchMSP')],
        unrecorded: [of('DogwoodMSP')],
        unsigned: [{ mspId: 'ElmMSP', entries: 30 }],
        late: [{ ...of('CedarMSP'), byMs: 660_000 }],
      },
    });
    expect(lines.slice(1, 6)).toEqual([
      'AlderMSP acknowledged h while the ledger stalled and has not posted its entry.',
      'BirchMSP posted another entry about h than its journal has.',
      'DogwoodMSP gave shares for h while the ledger stalled, and the ledger has no emergency of it.',
      'ElmMSP posted 30 entries about requests of a stall that no registered person signed.',
      'CedarMSP posted its entry about h 11 minutes after the first.',
    ]);
  });
});
