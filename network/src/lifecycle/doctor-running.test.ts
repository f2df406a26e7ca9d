// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { hospitalContext } from '../plan/context.js';
import { layoutState } from '../plan/layout.js';
import { examplePlan } from '../testing/plan-inputs.js';
import { inFolder } from '../testing/sleeper.js';
import {
  absenceFinding,
  chainFinding,
  convictionFinding,
  custodyFinding,
  examineHospitals,
  finalityFinding,
} from './doctor-running.js';

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

test('processes that take requests and never answer: the doctor ends soon after its deadline, and calls them unknown', async () => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'peer'), '#!/bin/sh\nexec sleep 30\n', { mode: 0o700 });
    const inputs = {
      ...(await examplePlan()),
      layout: layoutState(folder),
      program: (name: string) => join(folder, name),
    };
    const all = inputs.topology.hospitals.map((hospital) => hospitalContext(inputs, hospital));
    const silent = createServer(() => undefined);
    for (const { at } of all) {
      await mkdir(at.peer, { recursive: true });
      await mkdir(at.custodian, { recursive: true });
    }
    await new Promise<void>((resolve) => silent.listen(all[0]?.at.custodianSocket, resolve));
    const startedMs = performance.now();
    const findings = await examineHospitals(all, { timeoutMs: 500 });
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    silent.close();
    const levels = findings.map(({ level, subject }) => `${subject}: ${level}`);
    expect(levels).toEqual(
      expect.arrayContaining(['custody: warning', 'convictions: warning', 'chaincode at alder: warning']),
    );
    expect(levels.join()).not.toMatch(/: ok/);
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

  test('a convicted custodian without a share: none is dealt to it', () => {
    const without = { state: 'no-share' as const, active: true, known: names, threshold: 3 };
    const hospitals = names.map((mspId) => ({
      mspId,
      account: mspId === 'DogwoodMSP' ? without : holds(3),
    }));
    expect(custodyFinding(topology, hospitals, ['DogwoodMSP']).level).toBe('ok');
    expect(custodyFinding({ custodyThreshold: 2 }, hospitals, ['DogwoodMSP']).advice).toMatch(
      /--threshold 2 --members AlderMSP BirchMSP CedarMSP`/,
    );
  });

  test('a convicted custodian that holds a share: a warning with the reshare without it', () => {
    const convictions = [{ mspId: 'DogwoodMSP', times: 2, more: false, newestAt: AT }];
    const finding = (members: readonly string[]) =>
      convictionFinding(
        topology,
        names.map((mspId) => ({
          mspId,
          account: { ...holds(3), members: members.map((each) => ({ mspId: each })) },
        })),
        convictions,
      );
    expect(finding(names)).toMatchObject({ subject: 'convictions', level: 'warning' });
    expect(finding(names).message).toContain('custodian of DogwoodMSP');
    expect(finding(names).message).toContain(`2 times, most recently at ${AT}`);
    expect(finding(names).advice).toContain('--threshold 3 --members AlderMSP BirchMSP CedarMSP`');
    expect(finding(names.slice(0, 3))).toMatchObject({ level: 'ok' });
    expect(convictionFinding(topology, [], []).level).toBe('ok');
    expect(convictionFinding(topology, [], undefined)).toMatchObject({
      level: 'warning',
      message: 'unknown',
    });
  });

  test('as many must agree as hold the key: a warning, also before the reshare that leads there', () => {
    const held = (threshold: number, members: readonly string[]) =>
      absenceFinding(
        names.map((mspId) => ({
          mspId,
          account: { ...holds(threshold), members: members.map((each) => ({ mspId: each })) },
        })),
      );
    expect(held(3, names)).toMatchObject({ subject: 'absences', level: 'ok' });
    expect(held(3, names.slice(0, 3))).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('one hospital that is away stops every opening'),
      advice: expect.stringContaining('`tutela hospital add`'),
    });
    expect(absenceFinding([]).message).toBe('unknown');
    const without = { state: 'no-share' as const, active: true, known: names, threshold: 3 };
    const hospitals = names.map((mspId) => ({
      mspId,
      account: mspId === 'CedarMSP' ? without : holds(3),
    }));
    expect(custodyFinding(topology, hospitals, ['DogwoodMSP']).advice).toContain('all must agree');
  });

  test('no custodian answers: custody is unknown', () => {
    const none = names.map((mspId) => ({ mspId, account: undefined }));
    expect(custodyFinding(topology, none)).toMatchObject({ level: 'warning', message: 'unknown' });
  });
});
