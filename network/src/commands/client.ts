// SPDX-License-Identifier: Apache-2.0
import { Option, type Command } from 'commander';
import { PRACTITIONER_ROLES, SCOPES } from '@tutela/chaincode/domain';
import {
  addClient as register,
  addPractitioner,
  fetchToken,
  listClients,
  readClient,
} from '../operator/gateway-operator.js';
import { findHospital, globals, openPlan } from './globals.js';
import { say, sayJson, table } from './output.js';

/** `tutela client`, `tutela practitioner` and `tutela token`: what one needs to try the interface by hand. */
export function addClient(program: Command): void {
  addClients(program.command('client').description('register systems at a hospital’s gateway'));
  addPractitioners(program.command('practitioner').description('register practitioners at a hospital'));
  addToken(program);
}

function addClients(client: Command): void {
  client
    .command('add')
    .description('register a system; its key is kept in the state folder')
    .argument('<hospital>')
    .argument('<name>')
    .addOption(
      new Option('--scopes <scope...>', 'what the system may do').choices(SCOPES).default([...SCOPES]),
    )
    .action(async (hospital: string, name: string, { scopes }: { scopes: string[] }, command: Command) => {
      const { clientId } = await register(findHospital(await openPlan(command), hospital), name, scopes);
      if (globals(command).json) sayJson({ hospital, name, clientId, scopes });
      else say(clientId);
    });
  client
    .command('list')
    .description('list the systems whose keys are kept here')
    .argument('<hospital>')
    .action(async (hospital: string, _: unknown, command: Command) => {
      const all = await listClients(findHospital(await openPlan(command), hospital));
      const shown = all.map(({ clientId, name, scopes }) => ({ name, clientId, scopes }));
      if (globals(command).json) sayJson(shown);
      else
        say(
          table([
            ['NAME', 'CLIENT', 'SCOPES'],
            ...shown.map((each) => [each.name, each.clientId, each.scopes.join(' ')]),
          ]),
        );
    });
}

function addPractitioners(practitioner: Command): void {
  practitioner
    .command('add')
    .description('register a practitioner and print the id')
    .argument('<hospital>')
    .addOption(
      new Option('--role <role>', 'what the practitioner is')
        .choices(PRACTITIONER_ROLES)
        .makeOptionMandatory(),
    )
    .requiredOption('--department <department>')
    .action(async (hospital: string, flags: { role: string; department: string }, command: Command) => {
      const id = await addPractitioner(
        findHospital(await openPlan(command), hospital),
        flags.role,
        flags.department,
      );
      if (globals(command).json) sayJson({ hospital, practitionerId: id });
      else say(id);
    });
}

function addToken(program: Command): void {
  program
    .command('token')
    .description('print a short-lived access token for a registered system that acts for a practitioner')
    .argument('<hospital>')
    .argument('<client>', 'the name under which the system was registered')
    .option('-p, --practitioner <id>')
    .addOption(new Option('--scopes <scope...>', 'fewer scopes than the system has').choices(SCOPES))
    .action(
      async (
        hospital: string,
        name: string,
        flags: { practitioner?: string; scopes?: string[] },
        command: Command,
      ) => {
        const context = findHospital(await openPlan(command), hospital);
        const token = await fetchToken(context, await readClient(context, name), {
          ...flags,
          nowMs: Date.now(),
        });
        if (globals(command).json) sayJson(token);
        else say(token.access_token);
      },
    );
}
