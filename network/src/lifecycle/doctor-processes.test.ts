// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { planProcesses, processNames } from '../plan/plan.js';
import { consortiumProfile } from '../plan/profile.js';
import { NO_ANSWER } from '../process/readiness.js';
import { examplePlan } from '../testing/plan-inputs.js';
import { healthFinding, leaderFinding, startedFinding } from './doctor-processes.js';

describe('the doctor’s finding on the processes', () => {
  const common = { hospital: 'alder', pid: null, address: '', restarts: 0 } as const;
  const peer = { ...common, kind: 'peer', health: 'ready', detail: '' } as const;
  const custodian = { ...common, kind: 'custodian' } as const;

  test('a process that is not ready: its reason and the command that prints its log', () => {
    const waiting = { ...custodian, health: 'waiting', detail: 'code 1: /media/p is empty' } as const;
    expect(healthFinding([peer, waiting])).toMatchObject({
      level: 'problem',
      message: 'Not ready: alder/custodian (code 1: /media/p is empty).',
      advice: 'Read `tutela logs alder custodian`.',
    });
  });

  test('a process that does not answer: the command that restarts it', () => {
    expect(healthFinding([{ ...custodian, health: 'not-ready', detail: NO_ANSWER }])).toMatchObject({
      message: 'Not ready: alder/custodian (does not answer).',
      advice: 'Restart it with `tutela process restart alder custodian`.',
    });
  });

  test('a process that an operator stopped: the command that starts it', () => {
    expect(healthFinding([{ ...custodian, health: 'stopped', detail: 'SIGTERM' }])).toMatchObject({
      level: 'problem',
      message: 'Not ready: alder/custodian (stopped by an operator).',
      advice: 'Start it with `tutela process start alder custodian`.',
    });
  });

  test('processes that were started again after they had ended: their number of restarts, as in the status', () => {
    expect(healthFinding([{ ...peer, restarts: 3 }])).toMatchObject({
      level: 'ok',
      message:
        'every process that was started answers; started again after an end of their own: alder/peer (3 times)',
    });
  });
});

test('a bring-up that ended before the custodians: the doctor names what was never started, and how to go on', async () => {
  const inputs = await examplePlan();
  const wanted = processNames(inputs.topology.hospitals);
  const all = planProcesses(inputs);
  expect(startedFinding(wanted, all).level).toBe('ok');
  const [last] = inputs.topology.hospitals.slice(-1);
  const started = all.filter(({ kind, hospital }) => kind !== 'custodian' || hospital !== last?.id);
  expect(startedFinding(wanted, started)).toEqual({
    subject: 'processes',
    level: 'problem',
    message: `Never started: ${last?.id}/custodian.`,
    advice: expect.stringContaining('`tutela up`'),
  });
});

test('no orderer leads: a problem, with the log of every orderer', async () => {
  const inputs = await examplePlan();
  const { hospitals } = consortiumProfile(inputs);
  const found = await leaderFinding(hospitals, 0);
  expect(found).toMatchObject({ subject: 'ordering', level: 'problem' });
  for (const { id } of hospitals) expect(found.advice).toContain(`\`tutela logs ${id} orderer\``);
});
