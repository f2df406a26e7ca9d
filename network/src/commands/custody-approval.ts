// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { GroundError } from '../errors.js';
import { abortCeremony, approveCeremony, CustodianRefusal } from '../lifecycle/custodian-operator.js';
import type { HospitalContext } from '../plan/context.js';
import { waitFor } from '../process/wait.js';
import { allHospitals, anyHospital, findHospital, globals, openPlan } from './globals.js';
import { say, sayJson } from './output.js';

const seenTimeoutMs = 10_000;
const pollMs = 300;

/** Refusals of a custodian that has no part in the ceremony, or whose ceremony is already over. */
const notConcerned: ReadonlySet<string> = new Set(['CALLER_NOT_ENTITLED', 'CEREMONY_INVALID']);

/** `tutela custody approve`: without it, no custodian takes part in handing the key over. */
export function addApprove(custody: Command): void {
  custody
    .command('approve')
    .description('approve, as the operator of hospitals, that their custodians take part in a ceremony')
    .argument('<ceremony>')
    .argument(
      '[hospital...]',
      'the hospitals whose operators approve (default: every hospital of this state)',
    )
    .action(async (ceremony: string, named: readonly string[], _: unknown, command: Command) => {
      const inputs = await openPlan(command);
      const contexts = named.map((id) => findHospital(inputs, id));
      for (const context of contexts) await approveWhenSeen(context, ceremony);
      const approved = named.length > 0 ? named : await approveAtAll(allHospitals(inputs), ceremony);
      if (globals(command).json) sayJson({ ceremonyId: ceremony, approved });
      else say(`${ceremony} is approved by the operators of ${approved.join(', ') || 'no hospital'}.`);
    });
}

/** `tutela custody abort`: ends an open ceremony; the present shares stay in force. */
export function addAbort(custody: Command): void {
  custody
    .command('abort')
    .description('end an open ceremony without a result; the present shares stay as they are')
    .argument('<ceremony>')
    .option('--hospital <id>', 'the hospital whose custodian ends it (default: the first)')
    .action(async (ceremony: string, { hospital }: { readonly hospital?: string }, command: Command) => {
      await abortCeremony(anyHospital(await openPlan(command), hospital), ceremony);
      if (globals(command).json) sayJson({ ceremonyId: ceremony, phase: 'aborted' });
      else say(`${ceremony} is aborted.`);
    });
}

/** Approves at every hospital that runs and has a part in the ceremony; returns their ids. */
export async function approveAtAll(
  contexts: readonly HospitalContext[],
  ceremony: string,
): Promise<readonly string[]> {
  const approved = await Promise.all(
    contexts.map(async (context) => ((await approvesAt(context, ceremony)) ? [context.hospital.id] : [])),
  );
  return approved.flat();
}

/** Whether the hospital approved; one that is not concerned, or does not run, did not. */
async function approvesAt(context: HospitalContext, ceremony: string): Promise<boolean> {
  try {
    await approveWhenSeen(context, ceremony);
    return true;
  } catch (error) {
    if (error instanceof CustodianRefusal && notConcerned.has(error.custodianCode)) return false;
    if (error instanceof GroundError && error.code === 'NOT_RUNNING') return false;
    throw error;
  }
}

/** A ceremony that has just begun reaches each hospital's peer in its own time. */
async function approveWhenSeen(context: HospitalContext, ceremony: string): Promise<void> {
  let refusal: CustodianRefusal | undefined;
  const approved = await waitFor(
    async () => {
      try {
        await approveCeremony(context, ceremony);
        return true;
      } catch (error) {
        if (!(error instanceof CustodianRefusal) || error.custodianCode !== 'NOT_FOUND') throw error;
        refusal = error;
        return undefined;
      }
    },
    { timeoutMs: seenTimeoutMs, intervalMs: pollMs },
  );
  if (approved === undefined && refusal !== undefined) throw refusal;
}
