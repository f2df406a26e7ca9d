// SPDX-License-Identifier: Apache-2.0
import { Argument, type Command } from 'commander';
import { z } from 'zod';
import { askCustodian, CustodianRefusal } from '../lifecycle/custodian-operator.js';
import type { HospitalContext } from '../plan/context.js';
import { allHospitals, anyHospital, findHospital, globals, openPlan } from './globals.js';
import { say, sayJson } from './output.js';

const state = z.looseObject({
  mode: z.enum(['on', 'off']),
  needed: z.number(),
  votes: z.array(z.looseObject({ mspId: z.string(), mode: z.enum(['on', 'off']), at: z.string() })),
});

/** Whether emergencies may open while the ledger stalls, and who voted how. */
export type DegradedAccount = z.output<typeof state>;

/** `tutela custody degraded`: a hospital's vote on opening emergencies while the ledger stalls. */
export function addDegraded(custody: Command): void {
  custody
    .command('degraded')
    .description('let emergencies open while the ledger stalls: vote on or off, or show the votes')
    .addArgument(new Argument('<action>').choices(['on', 'off', 'status']))
    .argument('[hospital...]', 'whose operator votes (default: every hospital of this state)')
    .action(async (action: string, ids: readonly string[], _: unknown, command: Command) => {
      const inputs = await openPlan(command);
      const named = ids.map((id) => findHospital(inputs, id));
      const voters = named.length > 0 ? named : allHospitals(inputs);
      if (action !== 'status') for (const context of voters) await vote(context, action);
      const asked = named[0] ?? anyHospital(inputs, undefined);
      const account = state.parse(await askCustodian(asked, 'GET', '/custody/degraded'));
      if (globals(command).json) sayJson(account);
      else for (const line of describeDegraded(account)) say(line);
    });
}

/** The state of the vote in sentences. */
export function describeDegraded({ mode, needed, votes }: DegradedAccount): readonly string[] {
  return [
    mode === 'on'
      ? 'While the ledger stalls, two clinicians may open an emergency with the custodians.'
      : 'While the ledger stalls, nothing opens.',
    `  ${needed} hospitals must vote for it; the votes: ${
      votes.map((one) => `${one.mspId} ${one.mode}`).join(', ') || 'none'
    }`,
  ];
}

/** A hospital that repeats its vote changes nothing. */
async function vote(context: HospitalContext, mode: string): Promise<void> {
  try {
    await askCustodian(context, 'POST', '/custody/degraded', { mode });
  } catch (error) {
    if (!(error instanceof CustodianRefusal) || error.custodianCode !== 'ALREADY_EXISTS') throw error;
  }
}
