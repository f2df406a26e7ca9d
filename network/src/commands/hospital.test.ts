// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import { whatIsNext } from './hospital.js';

test('a hospital that joins: the output names the reshare; one that is a member: the output says so', () => {
  const members = ['AlderMSP', 'BirchMSP', 'CedarMSP'];
  expect(whatIsNext('cedar', members, false)).toEqual([
    'cedar has joined; the members are AlderMSP, BirchMSP, CedarMSP.',
    'It holds no share of the consortium key yet. To have the custodians deal it one:',
    '  tutela custody reshare --threshold 2 --members AlderMSP BirchMSP CedarMSP',
  ]);
  expect(whatIsNext('cedar', members, true)).toEqual([
    'cedar is a member already; the members are AlderMSP, BirchMSP, CedarMSP.',
  ]);
});
