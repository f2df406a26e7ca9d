// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError, Option, type Command } from 'commander';
import { messageOf } from '../errors.js';
import { waitForCeremony } from '../lifecycle/custody.js';
import {
  beginCeremony,
  custodyOf,
  type CeremonyRequest,
  type CustodyAccount,
} from '../lifecycle/custodian-operator.js';
import { hospitalContext, type HospitalContext } from '../plan/context.js';
import { addReconcile } from './custody-reconcile.js';
import { addSafekeeping } from './custody-safekeeping.js';
import { anyHospital, globals, openPlan } from './globals.js';
import { say, sayJson, table } from './output.js';

interface CeremonyFlags {
  readonly hospital?: string;
  readonly threshold?: number;
  readonly members?: readonly string[];
}

type Answer =
  | { readonly hospital: string; readonly custody: CustodyAccount }
  | {
      readonly hospital: string;
      readonly custody: { readonly state: 'unreachable'; readonly reason: string };
    };

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
  addReconcile(custody);
  addSafekeeping(custody);
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
      else say(table([['HOSPITAL', 'SHARE', 'EPOCH', 'THRESHOLD', 'PEER', ''], ...answers.map(row)]));
    });
}

/** A custodian that is away is part of the answer, not a failure of the question. */
async function accountOf(context: HospitalContext): Promise<Answer> {
  const hospital = context.hospital.id;
  try {
    return { hospital, custody: await custodyOf(context) };
  } catch (error) {
    return { hospital, custody: { state: 'unreachable', reason: messageOf(error) } };
  }
}

function row({ custody, hospital }: Answer): readonly string[] {
  const told = (name: string) => {
    const value = (custody as Readonly<Record<string, unknown>>)[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '-';
  };
  const ceremony = 'ceremony' in custody && custody.ceremony !== undefined ? custody.ceremony : undefined;
  const note = ceremony === undefined ? told('reason') : `${ceremony.kind} ${ceremony.phase}`;
  return [hospital, custody.state, told('epoch'), told('threshold'), told('peer'), note === '-' ? '' : note];
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
    .action(async ({ hospital, members, threshold }: CeremonyFlags, command: Command) => {
      const context = anyHospital(await openPlan(command), hospital);
      const id = await beginCeremony(context, {
        kind,
        ...(threshold !== undefined && { threshold }),
        ...(members !== undefined && { members }),
      });
      const { phase } = await waitForCeremony(context, id);
      if (globals(command).json) sayJson({ ceremonyId: id, kind, phase });
      else say(`${kind} ${id}: ${phase}`);
    });
}

function parseThreshold(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 2) throw new InvalidArgumentError('a whole number from 2');
  return count;
}
