// SPDX-License-Identifier: Apache-2.0
import type { PlanInputs } from '../plan/context.js';
import { processNames } from '../plan/plan.js';
import { processName } from '../plan/process-spec.js';
import { consortiumProfile } from '../plan/profile.js';
import { NO_ANSWER } from '../process/readiness.js';
import { waitFor } from '../process/wait.js';
import type { Finding } from './doctor.js';
import { findLeader, withoutLeader, type Ordering } from './leader.js';
import { consortiumStatus, type ProcessStatus } from './status.js';

/** Orderers that have just lost their leader choose another within seconds. */
const electionMs = 5_000;

/** Looks at the processes that run, those that should, and whether the orderers have a leader. */
export async function examineProcesses(inputs: PlanInputs): Promise<readonly Finding[]> {
  const [all, leader] = await Promise.all([
    consortiumStatus(inputs.layout.root),
    leaderFinding(consortiumProfile(inputs).hospitals, electionMs),
  ]);
  return [startedFinding(processNames(inputs.topology.hospitals), all), healthFinding(all), leader];
}

/** Whether every process that the topology asks for was started. */
export function startedFinding(
  wanted: readonly string[],
  all: readonly Pick<ProcessStatus, 'hospital' | 'kind'>[],
): Finding {
  const subject = 'processes';
  const started = new Set(all.map(nameOf));
  const missing = wanted.filter((name) => !started.has(name));
  if (missing.length === 0)
    return { subject, level: 'ok', message: 'every process that the topology asks for was started' };
  return {
    ...{ subject, level: 'problem', message: `Never started: ${missing.join(', ')}.` },
    advice: 'Run `tutela up`: it goes on where the bring-up ended, and says what stops it.',
  };
}

/** Whether the orderers have a leader, within a time; without one no block is made, and nothing can be written. */
export async function leaderFinding(hospitals: readonly Ordering[], timeoutMs: number): Promise<Finding> {
  const subject = 'ordering';
  const leader = await waitFor(() => findLeader(hospitals), { timeoutMs });
  if (leader !== undefined) return { subject, level: 'ok', message: `the orderer of ${leader} leads` };
  return {
    ...{ subject, level: 'problem', message: 'No orderer leads: the ledger takes no transaction.' },
    advice: withoutLeader(hospitals),
  };
}

/** The health of the processes, as a finding. */
export function healthFinding(all: readonly ProcessStatus[]): Finding {
  const subject = 'health';
  const unwell = all.filter((process) => process.health !== 'ready');
  const again = all.filter(({ restarts }) => restarts > 0);
  const started =
    again.length === 0
      ? ''
      : `; started again after an end of their own: ${again.map((each) => `${nameOf(each)} (${each.restarts} times)`).join(', ')}`;
  if (unwell.length === 0)
    return { subject, level: 'ok', message: `every process that was started answers${started}` };
  return {
    ...{ subject, level: 'problem' },
    message: `Not ready: ${unwell.map((each) => `${nameOf(each)} (${reasonOf(each)})`).join(', ')}${started}.`,
    advice: unwell.map(remedyOf).join(' '),
  };
}

function nameOf({ hospital, kind }: Pick<ProcessStatus, 'hospital' | 'kind'>): string {
  return processName(hospital, kind);
}

function reasonOf({ detail, health }: ProcessStatus): string {
  if (health === 'stopped') return 'stopped by an operator';
  return detail === NO_ANSWER ? 'does not answer' : detail;
}

function remedyOf({ detail, health, hospital, kind }: ProcessStatus): string {
  if (health === 'stopped') return `Start it with \`tutela process start ${hospital} ${kind}\`.`;
  if (detail === NO_ANSWER) return `Restart it with \`tutela process restart ${hospital} ${kind}\`.`;
  return `Read \`tutela logs ${hospital} ${kind}\`.`;
}
