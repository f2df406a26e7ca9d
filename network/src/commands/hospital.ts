// SPDX-License-Identifier: Apache-2.0
import { Option, type Command } from 'commander';
import { custodyOf } from '../lifecycle/custodian-operator.js';
import { readProfile } from '../lifecycle/read-profile.js';
import { openState } from '../lifecycle/state.js';
import { consortiumParts, type ConsortiumPart } from '../lifecycle/up.js';
import { reached, type HospitalContext } from '../plan/context.js';
import { bringUp } from './bring-up.js';
import { allHospitals, globals, openPlan } from './globals.js';
import { say, sayJson, table } from './output.js';

interface AddFlags {
  readonly name?: string;
  readonly parts?: readonly ConsortiumPart[];
}

/** `tutela hospital`: lists the members and adds one. */
export function addHospital(program: Command): void {
  const hospital = program.command('hospital').description('list the member hospitals, or add one');
  addAdd(hospital);
  addList(hospital);
}

function addAdd(hospital: Command): void {
  hospital
    .command('add')
    .description('add a hospital to the running consortium; run it again to finish an addition that stopped')
    .argument('<id>', '2 to 16 lower-case letters and digits')
    .option('--name <name>', 'display name (default: the id with a capital letter, and Hospital)')
    .addOption(new Option('--parts <part...>', 'add only these parts').choices(consortiumParts))
    .action(async (id: string, { name, parts }: AddFlags, command: Command) => {
      const { json, state } = globals(command);
      await openState(state);
      const wasMember = await isMember(state, id);
      const joining = { id, ...(name !== undefined && { name }) };
      const { hospitals } = await bringUp({ state, joining, ...(parts !== undefined && { parts }) }, json);
      const members = hospitals.map(({ mspId }) => mspId);
      if (json) sayJson({ hospital: id, members, wasMember });
      else for (const line of whatIsNext(id, members, wasMember)) say(line);
    });
}

/** Whether an earlier bring-up or addition of the hospital has come to its end. */
async function isMember(state: string, id: string): Promise<boolean> {
  const hospitals = await readProfile(state).then(
    (profile) => profile.hospitals,
    () => [],
  );
  return hospitals.some((hospital) => hospital.id === id);
}

/** What an addition has led to, and what the operator does next. */
export function whatIsNext(id: string, members: readonly string[], wasMember: boolean): readonly string[] {
  if (wasMember) return [`${id} is a member already; the members are ${members.join(', ')}.`];
  const majority = Math.floor(members.length / 2) + 1;
  return [
    `${id} has joined; the members are ${members.join(', ')}.`,
    'It holds no share of the consortium key yet. To have the custodians deal it one:',
    `  tutela custody reshare --threshold ${majority} --members ${members.join(' ')}`,
  ];
}

function addList(hospital: Command): void {
  hospital
    .command('list')
    .description('show the member hospitals, and whether the custodian of each holds a share')
    .action(async (_: unknown, command: Command) => {
      const all = await Promise.all(allHospitals(await openPlan(command)).map(memberOf));
      if (globals(command).json) {
        sayJson(all);
        return;
      }
      const rows = all.map(({ gateway, id, mspId, name, share }) => [id, name, mspId, gateway, share]);
      say(table([['HOSPITAL', 'NAME', 'MSP', 'GATEWAY', 'SHARE'], ...rows]));
    });
}

async function memberOf(context: HospitalContext) {
  const { id, mspId, name } = context.hospital;
  const share = await custodyOf(context).then(
    ({ state }) => state,
    () => 'unreachable' as const,
  );
  return { id, name, mspId, gateway: `https://${reached(context, context.ports.gateway)}`, share };
}
