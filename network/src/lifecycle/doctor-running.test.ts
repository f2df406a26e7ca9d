// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { chainFinding } from './doctor-running.js';

const AT = '2026-03-01T08:00:00.000Z';
const block = (hash: string) => ({ number: 7, hash, signer: { mspId: 'CedarMSP' } });
const both = { at: AT, own: block('h'), other: block('k') };

describe('what the doctor says of a hospital’s chain', () => {
  test('a stop and an orderer that was on two chains are problems, and say what to read', () => {
    expect(chainFinding('alder', { fork: null, equivocations: {} }).level).toBe('ok');
    expect(chainFinding('alder', undefined).level).toBe('warning');
    const fork = { ...both, members: ['BirchMSP', 'CedarMSP'] };
    const found = chainFinding('alder', { fork, equivocations: { CedarMSP: both } });
    expect(found).toMatchObject({ subject: 'chain of alder', level: 'problem' });
    expect(found.message).toContain('its custodian releases nothing');
    expect(found.message).toContain('CedarMSP');
    expect(found.advice).toContain('tutela custody fork status alder');
  });
});
