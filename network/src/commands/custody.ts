// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError, Option, type Command } from 'commander';
import { askCustodian, type CeremonyRequest } from '../lifecycle/custody.js';
import { hospitalContext, type HospitalContext } from '../plan/context.js';
import { messageOf } from '../errors.js';
import { anyHospital, findHospital, globals, openPlan } from './globals.js';
import { say, sayJson } from './output.js';

interface CustodyFlags {
  readonly hospital?: string;
  readonly threshold?: number;
  readonly members?: readonly string[];
}

/** `tutela custody`: the consortium key, without ever seeing it. */
export function addCustody(program: Command): void {
  const custody = program
    .command('custody')
    .description('the consortium key: who holds shares, and ceremonies that change them');
  addCustodyStatus(custody);
  addCeremony(custody, 'ceremony', 'dkg', 'deal the consortium key among the custodians, without a dealer');
  addCeremony(
    custody,
    'refresh',
    'refresh',
    'give every custodian a new share of the same key; old shares become useless',
  );
  addCeremony(custody, 'reshare', 'reshare', 'hand the key over to other custodians or another threshold');
  addSafekeeping(custody, 'backup', 'write a sealed backup of one custodian’s share');
  addSafekeeping(custody, 'restore', 'restore one custodian’s share from its sealed backup');
}

function addCustodyStatus(custody: Command): void {
  custody
    .command('status')
    .description('what every custodian says of its share')
    .action(async (_: unknown, command: Command) => {
      const inputs = await openPlan(command);
      const contexts = inputs.topology.hospitals.map((hospital) => hospitalContext(inputs, hospital));
      const answers = await Promise.all(contexts.map(accountOf));
      if (globals(command).json) sayJson(answers);
      else
        for (const { custody: account, hospital } of answers) say(`${hospital}: ${JSON.stringify(account)}`);
    });
}

/** A custodian that is away is part of the answer, not a failure of the question. */
async function accountOf(
  context: HospitalContext,
): Promise<{ readonly hospital: string; readonly custody: unknown }> {
  const custody = await askCustodian(context, 'GET', '/custody').catch((error: unknown) => ({
    state: 'unreachable',
    reason: messageOf(error),
  }));
  return { hospital: context.hospital.id, custody };
}

function addCeremony(
  custody: Command,
  name: string,
  kind: CeremonyRequest['kind'],
  description: string,
): void {
  custody
    .command(name)
    .description(description)
    .option('--hospital <id>', 'whose custodian begins (default: the first)')
    .addOption(new Option('--threshold <count>', 'how many custodians must agree').argParser(parseThreshold))
    .option('--members <msp...>', 'the MSP ids of the hospitals whose custodians take part')
    .action(async ({ hospital, members, threshold }: CustodyFlags, command: Command) => {
      const context = anyHospital(await openPlan(command), hospital);
      const request: CeremonyRequest = {
        kind,
        ...(threshold !== undefined && { threshold }),
        ...(members !== undefined && { members }),
      };
      report(command, await askCustodian(context, 'POST', '/custody/ceremonies', request));
    });
}

function addSafekeeping(custody: Command, name: 'backup' | 'restore', description: string): void {
  custody
    .command(name)
    .description(description)
    .argument('<hospital>')
    .action(async (hospital: string, _: unknown, command: Command) => {
      const context = findHospital(await openPlan(command), hospital);
      report(command, await askCustodian(context, 'POST', `/custody/${name}`, {}));
    });
}

function report(command: Command, answer: unknown): void {
  if (globals(command).json) sayJson(answer ?? {});
  else say(JSON.stringify(answer ?? {}, undefined, 2));
}

function parseThreshold(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 2) throw new InvalidArgumentError('a whole number from 2');
  return count;
}
