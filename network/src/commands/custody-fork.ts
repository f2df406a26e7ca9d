// SPDX-License-Identifier: Apache-2.0
import { Argument, type Command } from 'commander';
import { GroundError } from '../errors.js';
import { askCustodian, forkOf, type ForkAccount } from '../lifecycle/custodian-operator.js';
import { allHospitals, findHospital, globals, openPlan } from './globals.js';
import { say, sayJson } from './output.js';

/** What a hospital's custodian holds against its chain and against orderers. */
export type HospitalFork = ForkAccount & Readonly<{ hospital: string }>;

/** `tutela custody fork`: what stopped releases because the own chain is contradicted, and how an operator ends that stop. */
export function addFork(custody: Command): void {
  custody
    .command('fork')
    .description(
      'show the evidence that chains contradict one another, or end the stop of releases when the chain is right again',
    )
    .addArgument(new Argument('<action>').choices(['status', 'clear']))
    .argument('[hospital...]', 'whose custodian (default for status: every hospital of this state)')
    .action(async (action: string, ids: readonly string[], _: unknown, command: Command) => {
      if (action === 'clear' && ids.length === 0)
        throw new GroundError('USAGE', 'Each hospital decides for itself that its chain is right again.', {
          advice: 'Name the hospital: `tutela custody fork clear <hospital>`.',
        });
      const inputs = await openPlan(command);
      const named = ids.map((id) => findHospital(inputs, id));
      const asked = named.length > 0 ? named : allHospitals(inputs);
      if (action === 'clear')
        for (const context of asked) await askCustodian(context, 'DELETE', '/custody/fork');
      const found: HospitalFork[] = [];
      for (const context of asked) found.push({ hospital: context.hospital.id, ...(await forkOf(context)) });
      if (globals(command).json) sayJson(found);
      else for (const line of found.flatMap(describeFork)) say(line);
    });
}

/** One hospital's account in sentences. */
export function describeFork({ hospital, fork, equivocations }: HospitalFork): readonly string[] {
  const orderers = Object.entries(equivocations);
  if (fork === null && orderers.length === 0)
    return [
      `${hospital}: nothing contradicts its chain, and no orderer is known to have signed blocks of two chains.`,
    ];
  return [
    ...(fork === null ? [] : stopped(hospital, fork)),
    ...orderers.map(
      ([mspId, { at, other }]) =>
        `${hospital}: the orderer of ${mspId} signed blocks of two chains; block ${other.number} with the hash ${other.hash} is in the other one (seen ${at}). Its signatures no longer count. Either it lied, or the leader at that height did.`,
    ),
  ];
}

function stopped(
  hospital: string,
  { at, members, own, other }: NonNullable<ForkAccount['fork']>,
): readonly string[] {
  return [
    `${hospital}: releases have stopped since ${at}.`,
    `  block ${own.number} is ${own.hash} here, signed by the orderer of ${own.signer?.mspId ?? 'an unknown hospital'}`,
    `  ${other.hash} is signed by the orderer of ${other.signer.mspId}${members.length === 0 ? '' : `; shown by ${members.join(', ')}`}`,
    `Compare block hashes with the other hospitals. When this peer has their chain, run \`tutela custody fork clear ${hospital}\`.`,
  ];
}
