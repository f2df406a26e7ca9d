// SPDX-License-Identifier: Apache-2.0
import { chmod, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Option, type Command } from 'commander';
import { kuboEnvironment, tcpMultiaddr } from '@tutela/ipfs-cluster/nodes';
import { writePrivate } from '../lifecycle/files.js';
import { peerEnvironment } from '../lifecycle/peer-command.js';
import type { HospitalContext } from '../plan/context.js';
import type { IdentityHolder } from '../plan/layout.js';
import { shellQuoted } from '../process/shell.js';
import { clusterSettings } from '../plan/storage-processes.js';
import { findHospital, globals, openPlan } from './globals.js';
import { say, sayJson } from './output.js';

/** `tutela env`: what the ordinary commands of Fabric and IPFS need in their environment. */
export function addEnv(program: Command): void {
  program
    .command('env')
    .description(
      'print variables for `peer`, `ipfs` and `ipfs-cluster-ctl`; use it as: eval "$(tutela env alder)"',
    )
    .argument('<hospital>')
    .addOption(
      new Option('--as <identity>', 'who speaks to the peer')
        .choices(['admin', 'operator'])
        .default('operator'),
    )
    .action(async (hospital: string, { as }: { as: IdentityHolder }, command: Command) => {
      const variables = await environmentOf(findHospital(await openPlan(command), hospital), as);
      if (globals(command).json) sayJson(variables);
      else for (const [name, value] of Object.entries(variables)) say(`export ${name}=${shellQuoted(value)}`);
    });
}

async function environmentOf(context: HospitalContext, as: IdentityHolder): Promise<Record<string, string>> {
  const { at, program } = context;
  const tools = ['peer', 'fabric-ca-client', 'ipfs', 'ipfs-cluster-ctl'].map((tool) =>
    dirname(program(tool)),
  );
  return {
    ...peerEnvironment(context, as),
    ...kuboEnvironment(at.kubo),
    CLUSTER_CREDENTIALS: (await readFile(at.clusterCredentialsFile, 'utf8')).trim(),
    PATH: [await clusterCommand(context), ...new Set(tools), process.env['PATH'] ?? ''].join(':'),
  };
}

/** `ipfs-cluster-ctl` takes its server from arguments alone: a command of the same name, earlier on PATH, adds them. */
async function clusterCommand(context: HospitalContext): Promise<string> {
  const dir = join(context.at.operator, 'bin');
  const host = tcpMultiaddr(clusterSettings(context).rest);
  const script = `#!/bin/sh\nexec ${shellQuoted(context.program('ipfs-cluster-ctl'))} --host ${shellQuoted(host)} --force-http "$@"\n`;
  await writePrivate(join(dir, 'ipfs-cluster-ctl'), script);
  await chmod(join(dir, 'ipfs-cluster-ctl'), 0o700);
  return dir;
}
