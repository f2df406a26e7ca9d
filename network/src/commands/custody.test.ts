// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { describeCeremony } from './custody.js';

const OPEN = {
  ceremonyId: 'cer_x',
  kind: 'reshare',
  phase: 'joining',
  startedBy: 'AlderMSP',
  step: 'await-approval',
  threshold: 2,
  members: [{ mspId: 'AlderMSP' }, { mspId: 'BirchMSP' }],
};

describe('telling how far a ceremony has come', () => {
  test('names who is missing at each step, and what an operator can do', () => {
    const missing = { join: ['BirchMSP'], deal: ['AlderMSP', 'BirchMSP'], confirm: ['AlderMSP', 'BirchMSP'] };
    expect(describeCeremony({ ...OPEN, missing })).toEqual([
      'The reshare cer_x, started by AlderMSP, is open.',
      '  the key is for AlderMSP, BirchMSP, of whom 2 must agree',
      '  not joined yet: BirchMSP',
      '  not dealt yet: AlderMSP, BirchMSP',
      '  not confirmed yet: AlderMSP, BirchMSP',
      'Approve it with `tutela custody approve cer_x <hospital>`, end it with `tutela custody abort cer_x`.',
    ]);
  });

  test('says nothing of a step that everyone has taken', () => {
    const lines = describeCeremony({ ...OPEN, missing: { join: [], deal: [], confirm: ['CedarMSP'] } });
    expect(lines.filter((line) => line.startsWith('  not'))).toEqual(['  not confirmed yet: CedarMSP']);
  });
});
