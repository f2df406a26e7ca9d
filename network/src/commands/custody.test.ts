// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import type { HospitalContext } from '../plan/context.js';
import {
  awaitingApproval,
  describeCeremony,
  describeConvictions,
  describeReconciliation,
  describeSilence,
  withConvictions,
} from './custody.js';

const OPEN = {
  ceremonyId: 'cer_x',
  kind: 'reshare',
  phase: 'joining',
  startedBy: 'AlderMSP',
  step: 'await-approval',
  threshold: 2,
  members: [{ mspId: 'AlderMSP' }, { mspId: 'BirchMSP' }],
};

describe('the printed account of an open ceremony', () => {
  test('it names the custodians that are missing at each step, and what an operator can do', () => {
    const missing = { join: ['BirchMSP'], deal: ['AlderMSP', 'BirchMSP'], confirm: ['AlderMSP', 'BirchMSP'] };
    expect(describeCeremony({ ...OPEN, missing }, ['birch'])).toEqual([
      'The reshare cer_x, started by AlderMSP, is open.',
      '  the key is for AlderMSP, BirchMSP, 2 of which must agree',
      '  not joined yet: BirchMSP',
      '  not dealt yet: AlderMSP, BirchMSP',
      '  not confirmed yet: AlderMSP, BirchMSP',
      'Approve it for birch: `tutela custody approve cer_x birch`.',
      'End it without a result: `tutela custody abort cer_x`.',
    ]);
  });

  test('a step that all members have taken: it is left out', () => {
    const lines = describeCeremony({ ...OPEN, missing: { join: [], deal: [], confirm: ['CedarMSP'] } }, []);
    expect(lines.filter((line) => line.startsWith('  not'))).toEqual(['  not confirmed yet: CedarMSP']);
  });

  test('a refresh, which no custodian waits to have approved: no approval is suggested', () => {
    const missing = { join: ['BirchMSP'], deal: [], confirm: [] };
    const answer = (hospital: string, step: string) => ({
      hospital,
      custody: { state: 'active' as const, active: true, known: [], ceremony: { ...OPEN, step, missing } },
    });
    expect(
      awaitingApproval([answer('alder', 'await-others'), answer('birch', 'await-approval')], OPEN),
    ).toEqual(['birch']);
    expect(describeCeremony({ ...OPEN, kind: 'refresh', missing }, []).join()).not.toContain('pprove');
  });
});

describe('the printed account of a comparison of all journals', () => {
  const reported = (change: object) =>
    describeReconciliation({
      hospital: 'alder',
      custody: {
        state: 'active',
        active: true,
        known: [],
        reconciliation: { at: '2026-03-01T08:00:00.000Z', clean: true, tooFew: 0, silent: 0, ...change },
      },
    });
  const sentence = (what: string) => [
    `alder compared all journals at 2026-03-01T08:00:00.000Z and found ${what}. Run \`tutela custody reconcile\`.`,
  ];

  test('it names what was found, and nothing else', () => {
    expect(reported({})).toEqual([]);
    expect(reported({ tooFew: 3 })).toEqual(sentence('3 releases by too few'));
    expect(reported({ silent: 1 })).toEqual(sentence('1 silent custodian'));
    expect(reported({ clean: false, silent: 2, tooFew: 1 })).toEqual(
      sentence('a breach of the rules, 2 silent custodians, 1 release by too few'),
    );
  });
});

test('custody status without any answer: it names the commands that check and start the consortium', () => {
  const custody = { state: 'unreachable', reason: 'ENOENT' } as const;
  expect(describeSilence([{ hospital: 'alder', custody }]).join()).toContain('`tutela status`');
});

describe('convictions in custody status', () => {
  const conviction = { mspId: 'BirchMSP', times: 2, more: false, newestAt: '2026-03-01T08:00:00.000Z' };

  test('they are printed in lines: the custodian, how often, when, and the command that advises', () => {
    expect(describeConvictions([], undefined)).toEqual([]);
    expect(describeConvictions(undefined, undefined).join()).toContain('not known');
    const lines = describeConvictions([conviction], ['AlderMSP', 'BirchMSP']).join();
    expect(lines).toContain('BirchMSP was convicted');
    expect(lines).toContain('`tutela doctor`');
    expect(describeConvictions([conviction], undefined).join()).toContain('`tutela doctor`');
  });

  test('once none of the convicted holds a share: no command is advised, as the doctor advises none', () => {
    const lines = describeConvictions([conviction], ['AlderMSP', 'CedarMSP']);
    expect(lines.at(-1)).toBe('No convicted custodian holds a share now.');
    expect(lines.join()).not.toContain('doctor');
  });

  test('as JSON each custodian has its own, null for none, and no member where no peer answers', () => {
    const all = ['AlderMSP', 'BirchMSP'].map(
      (mspId) => ({ hospital: { mspId } }) as unknown as HospitalContext,
    );
    const custody = { state: 'active' as const, active: true, known: [] };
    const answers = [
      { hospital: 'alder', custody },
      { hospital: 'birch', custody },
    ];
    expect(withConvictions(all, answers, [conviction])).toEqual([
      { hospital: 'alder', custody, conviction: null },
      { hospital: 'birch', custody, conviction },
    ]);
    expect(withConvictions(all, answers, undefined)).toEqual(answers);
  });
});
