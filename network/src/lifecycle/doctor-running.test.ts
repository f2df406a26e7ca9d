// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { chainFinding, custodyFinding, finalityFinding, healthFinding } from './doctor-running.js';

const AT = '2026-03-01T08:00:00.000Z';
const block = (hash: string) => ({ number: 7, hash, signer: { mspId: 'CedarMSP' } });
const both = { at: AT, own: block('h'), other: block('k') };

describe('the doctor’s finding on a hospital’s chain', () => {
  test('stopped releases and an orderer that signed blocks of two chains: a problem, with the command that shows the evidence', () => {
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

describe('the doctor’s finding on a hospital that takes its blocks from another hospital’s orderer', () => {
  const custodians = (count: number, threshold: number) => ({
    members: Array.from({ length: count }, (_, index) => ({
      mspId: index === 0 ? 'AlderMSP' : `H${index}MSP`,
    })),
    threshold,
  });
  const alder = { id: 'alder', name: 'Alder', mspId: 'AlderMSP', orderer: false, blocksFrom: 'birch' };

  test('attack 44: the doctor warns as soon as one custodian can stop a hospital’s releases, also after a member has left', () => {
    expect(finalityFinding(alder, custodians(5, 3)).level).toBe('ok');
    const found = finalityFinding(alder, custodians(4, 3));
    expect(found).toMatchObject({ subject: 'finality at alder', level: 'warning' });
    expect(found.message).toContain('4 custodians and a threshold of 3');
    expect(found.advice).toContain('reshare');
  });

  test('a hospital with its own orderer, or without a share: no warning', () => {
    expect(finalityFinding({ ...alder, blocksFrom: 'alder' }, custodians(3, 2)).level).toBe('ok');
    expect(finalityFinding({ ...alder, mspId: 'ElmMSP' }, custodians(3, 2)).level).toBe('ok');
    expect(finalityFinding(alder, undefined).level).toBe('warning');
  });
});

test('a process that is not ready: the doctor shows its reason and the command that prints its log', () => {
  const common = { hospital: 'alder', pid: null, address: '', restarts: 3 } as const;
  const custodian = {
    ...common,
    kind: 'custodian',
    health: 'waiting',
    detail: 'code 1: /media/p is empty',
  } as const;
  const peer = { ...common, kind: 'peer', health: 'ready', detail: '' } as const;
  expect(healthFinding([peer, custodian])).toMatchObject({
    level: 'problem',
    message: 'Not ready: alder/custodian (code 1: /media/p is empty).',
    advice: 'Read `tutela logs alder custodian`.',
  });
});

describe('the doctor’s finding on the custody in force', () => {
  const topology = { custodyThreshold: 3 };
  const names = ['AlderMSP', 'BirchMSP', 'CedarMSP', 'DogwoodMSP'];
  const holds = (threshold: number) => ({ state: 'active' as const, active: true, known: names, threshold });
  const custody = (threshold: number, last: object = {}) =>
    custodyFinding(
      topology,
      names.map((mspId, position) => ({
        mspId,
        account: { ...holds(threshold), ...(position === names.length - 1 && last) },
      })),
    );

  test('custody as in the topology: ok', () => {
    expect(custody(3)).toMatchObject({ subject: 'custody', level: 'ok' });
  });

  test('another threshold, or a member without a share: a warning with the command that deals the key anew', () => {
    expect(custody(2, { state: 'no-share' })).toEqual({
      subject: 'custody',
      level: 'warning',
      message: 'The threshold in force is 2; the topology says 3. Without a share: DogwoodMSP.',
      advice:
        'Deal the key anew: `tutela custody reshare --threshold 3 --members AlderMSP BirchMSP CedarMSP DogwoodMSP`.',
    });
    expect(custody(2).message).toBe('The threshold in force is 2; the topology says 3.');
    expect(custody(3, { state: 'no-share' }).message).toBe('Without a share: DogwoodMSP.');
  });

  test('no custodian answers: custody is unknown', () => {
    const none = names.map((mspId) => ({ mspId, account: undefined }));
    expect(custodyFinding(topology, none)).toMatchObject({ level: 'warning', message: 'unknown' });
  });
});
