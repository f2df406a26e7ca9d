// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError, Option, type Command } from 'commander';
import { waitForCeremony } from '../lifecycle/custody.js';
import { beginCeremony, custodyOf, type CeremonyRequest } from '../lifecycle/custodian-operator.js';
import { approveAtAll } from './custody-approval.js';
import { allHospitals, anyHospital, globals, openPlan } from './globals.js';
import { say, sayJson } from './output.js';

interface CeremonyFlags {
  readonly hospital?: string;
  readonly only?: string;
  readonly threshold?: number;
  readonly members?: readonly string[];
}

/** A command that begins a ceremony and waits for its outcome. */
export function addCeremony(
  custody: Command,
  name: string,
  kind: CeremonyRequest['kind'],
  description: string,
): void {
  const command = custody
    .command(name)
    .description(description)
    .option('--hospital <id>', 'whose custodian begins (default: the first)')
    .addOption(new Option('--threshold <count>', 'how many custodians must agree').argParser(parseThreshold))
    .option('--members <msp...>', 'the MSP ids of the hospitals whose custodians take part');
  if (kind !== 'refresh')
    command.option(
      '--only <id>',
      'begin and approve as the operator of this hospital alone, and leave the others to theirs',
    );
  command.action(runCeremony(kind));
}

function runCeremony(kind: CeremonyRequest['kind']) {
  return async (flags: CeremonyFlags, command: Command): Promise<void> => {
    const { hospital, members, only, threshold } = flags;
    const inputs = await openPlan(command);
    const context = anyHospital(inputs, only ?? hospital);
    const id = await beginCeremony(context, {
      kind,
      ...(threshold !== undefined && { threshold }),
      ...(members !== undefined && { members }),
    });
    if (only === undefined && kind !== 'refresh') await approveAtAll(allHospitals(inputs), id);
    const phase =
      only === undefined ? (await waitForCeremony(context, id)).phase : await phaseNow(context, id);
    if (globals(command).json) sayJson({ ceremonyId: id, kind, phase });
    else say(`${kind} ${id}: ${phase}`);
  };
}

/** The others may take hours to approve, for which nobody waits here. */
async function phaseNow(context: Parameters<typeof custodyOf>[0], id: string): Promise<string> {
  const { ceremony } = await custodyOf(context);
  return ceremony?.ceremonyId === id ? ceremony.phase : 'active';
}

function parseThreshold(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 2) throw new InvalidArgumentError('a whole number from 2');
  return count;
}
