// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError, Option, type Command } from 'commander';
import { GroundError } from '../errors.js';
import { waitForCeremony } from '../lifecycle/custody.js';
import {
  beginCeremony,
  CustodianRefusal,
  custodyOf,
  type CeremonyRequest,
} from '../lifecycle/custodian-operator.js';
import type { HospitalContext } from '../plan/context.js';
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
    .option('--hospital <id>', 'the hospital whose custodian begins (default: the first)')
    .addOption(new Option('--threshold <count>', 'how many custodians must agree').argParser(parseThreshold))
    .option('--members <msp...>', 'the MSP ids of the hospitals whose custodians take part');
  if (kind !== 'refresh')
    command.option(
      '--only <id>',
      'begin and approve as the operator of this hospital alone; the others approve for themselves',
    );
  command.action(runCeremony(kind));
}

function runCeremony(kind: CeremonyRequest['kind']) {
  return async (flags: CeremonyFlags, command: Command): Promise<void> => {
    const { hospital, members, only, threshold } = flags;
    const inputs = await openPlan(command);
    requireEnough(threshold, members ?? inputs.topology.hospitals);
    const context = anyHospital(inputs, only ?? hospital);
    const others = allHospitals(inputs).filter((other) => other.hospital.id !== context.hospital.id);
    const id = await beginOrAdvise(context, others, {
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

/** More custodians than take part can never agree. @throws GroundError USAGE. */
export function requireEnough(threshold: number | undefined, members: readonly unknown[]): void {
  if (threshold === undefined || threshold <= members.length) return;
  const count = `${members.length} member${members.length === 1 ? '' : 's'}`;
  throw new GroundError('USAGE', `The threshold of ${threshold} is more than the ${count}.`, {
    advice: 'Name more members with --members, or a lower --threshold.',
  });
}

/** Begins a ceremony. When this hospital has to wait, the refusal names other hospitals that may begin it. */
export async function beginOrAdvise(
  context: HospitalContext,
  others: readonly HospitalContext[],
  request: CeremonyRequest,
): Promise<string> {
  try {
    return await beginCeremony(context, request);
  } catch (error) {
    if (!(error instanceof CustodianRefusal) || error.custodianCode !== 'RATE_LIMITED') throw error;
    const ids = (await Promise.all(others.map(idIfActive))).flat();
    const advice =
      ids.length === 0
        ? 'Wait, then run the command again: no other hospital of this state holds a share.'
        : `Another hospital may start it: add \`--hospital <id>\`, where the id is one of ${ids.join(', ')}.`;
    throw new GroundError(error.code, error.message, { advice, cause: error });
  }
}

/** The hospital's id where its custodian answers and holds a share. */
async function idIfActive(context: HospitalContext): Promise<readonly string[]> {
  const state = await custodyOf(context).then(
    (account) => account.state,
    () => undefined,
  );
  return state === 'active' ? [context.hospital.id] : [];
}

/** The command does not wait: the others may take hours to approve. */
async function phaseNow(context: HospitalContext, id: string): Promise<string> {
  const { ceremony } = await custodyOf(context);
  return ceremony?.ceremonyId === id ? ceremony.phase : 'active';
}

function parseThreshold(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 2) throw new InvalidArgumentError('a whole number from 2');
  return count;
}
