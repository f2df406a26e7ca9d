// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { publishRevocations, revokeIdentity } from '../lifecycle/revocation-list.js';
import { findHospital, globals, openPlan } from './globals.js';
import { say, sayJson } from './output.js';

/** `tutela crl`: lets every hospital know which certificates one of them has revoked. */
export function addCrl(program: Command): void {
  program
    .command('crl')
    .description('make the channel refuse the certificates that a hospital’s authority has revoked')
    .argument('<hospital>')
    .option('--revoke <identity>', 'first revoke every certificate of this person or program')
    .action(async (id: string, { revoke }: { revoke?: string }, command: Command) => {
      const inputs = await openPlan(command);
      const hospital = findHospital(inputs, id);
      if (revoke !== undefined) await revokeIdentity(hospital, revoke);
      await publishRevocations(inputs, hospital);
      if (globals(command).json) sayJson({ hospital: id, revoked: revoke ?? null });
      else say(`${id}: what its authority has revoked is refused on the channel`);
    });
}
