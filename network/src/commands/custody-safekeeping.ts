// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { GroundError } from '../errors.js';
import { askCustodian } from '../lifecycle/custodian-operator.js';
import { writePrivate } from '../lifecycle/files.js';
import { findHospital, globals, openPlan } from './globals.js';
import { say, sayJson } from './output.js';

const backupFile = z.looseObject({ backup: z.string().min(1), epoch: z.number() });

interface BackupFlags {
  readonly passphraseFile: string;
  readonly out: string;
}

interface RestoreFlags {
  readonly passphraseFile: string;
  readonly from: string;
}

/** `tutela custody backup` and `restore`: one custodian's share, sealed with a passphrase that is kept elsewhere. */
export function addSafekeeping(custody: Command): void {
  custody
    .command('backup')
    .description('write a sealed backup of one custodian’s share')
    .argument('<hospital>')
    .requiredOption('--passphrase-file <file>', 'a file with the passphrase, of 12 characters or more')
    .requiredOption('--out <file>', 'where the backup is written')
    .action(async (hospital: string, { out, passphraseFile }: BackupFlags, command: Command) => {
      const context = findHospital(await openPlan(command), hospital);
      const passphrase = await readPassphrase(passphraseFile);
      const answer = await askCustodian(context, 'POST', '/custody/backup', { passphrase });
      await writePrivate(resolve(out), JSON.stringify(backupFile.parse(answer)));
      if (globals(command).json) sayJson({ hospital, file: resolve(out) });
      else say(`The share of ${hospital} is in ${out}; it opens with the passphrase alone.`);
    });
  custody
    .command('restore')
    .description('restore one custodian’s share from its sealed backup')
    .argument('<hospital>')
    .requiredOption('--passphrase-file <file>', 'a file with the passphrase')
    .requiredOption('--from <file>', 'the backup')
    .action(async (hospital: string, { from, passphraseFile }: RestoreFlags, command: Command) => {
      const context = findHospital(await openPlan(command), hospital);
      const { backup } = backupFile.parse(JSON.parse(await readNamed(from)));
      const passphrase = await readPassphrase(passphraseFile);
      const answer = await askCustodian(context, 'POST', '/custody/restore', { passphrase, backup });
      if (globals(command).json) sayJson(answer);
      else say(`${hospital} holds its share again.`);
    });
}

/** A passphrase comes from a file, because arguments are visible to every user of the machine. */
async function readPassphrase(path: string): Promise<string> {
  return (await readNamed(path)).replace(/\r?\n$/, '');
}

async function readNamed(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new GroundError('USAGE', `${path} cannot be read.`, { advice: 'Name an existing file.', cause });
  });
}
