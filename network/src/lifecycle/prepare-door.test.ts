// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { layoutState } from '../plan/layout.js';
import { ExternalRunner } from '../process/external-runner.js';
import { examplePlan } from '../testing/plan-inputs.js';
import { inFolder } from '../testing/sleeper.js';
import { parseTopology } from '../topology/load.js';
import type { Bringing } from './context.js';
import { exists } from './files.js';
import { prepareDoor } from './prepare-door.js';

const birch = '  - { id: birch, name: Birch }\n';
const two = `hospitals:\n  - { id: alder, name: Alder }\n${birch}`;

async function put(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'x');
}

async function bringing(folder: string, topology = two): Promise<Bringing> {
  const productDir = join(folder, 'product');
  await put(join(productDir, 'custodian', 'dist', 'main.js'));
  await put(join(productDir, 'gateway-api', 'dist', 'main.js'));
  const inputs = {
    ...(await examplePlan(parseTopology(topology, 'file.yaml'))),
    layout: layoutState(join(folder, 'state')),
    productDir,
  };
  return { inputs, runner: new ExternalRunner(), onProgress: () => undefined, now: Date.now };
}

describe('the passphrases of a bring-up', () => {
  test('are made once, and kept', async () => {
    await inFolder(async (folder) => {
      const up = await bringing(folder);
      const file = join(folder, 'state', 'hospitals', 'alder', 'custodian', 'passphrase');
      await prepareDoor(up, 'custodian');
      const made = await readFile(file, 'utf8');
      expect(made).toMatch(/^[A-Za-z0-9_-]{43}$/);
      await put(join(dirname(file), 'shares', '1-cer_AAAAAAAAAAAAAAAAAAAAAA.sealed'));
      await prepareDoor(up, 'custodian');
      expect(await readFile(file, 'utf8')).toBe(made);
    });
  });

  test.each([
    ['custodian', 'shares/1-cer_AAAAAAAAAAAAAAAAAAAAAA.sealed'],
    ['custodian', 'ceremonies/cer_AAAAAAAAAAAAAAAAAAAAAA.sealed.key'],
    ['gateway', 'token-key.sealed'],
    ['gateway', 'state.db'],
  ] as const)('passphrases are not made anew at a %s that has sealed %s', async (kind, sealed) => {
    await inFolder(async (folder) => {
      const up = await bringing(folder);
      await prepareDoor(up, kind);
      const home = join(folder, 'state', 'hospitals', 'birch', kind);
      await rm(join(home, 'passphrase'));
      await put(join(home, sealed));
      await expect(prepareDoor(up, kind)).rejects.toMatchObject({
        code: 'PASSPHRASE_MISSING',
        message: `The passphrase ${join(home, 'passphrase')} is missing, and ${join(home, sealed)} opens with no other.`,
        advice: `Put the file back, or name where the passphrase lies now under \`passphrases\` in ${join(folder, 'state', 'topology.yaml')}.`,
      });
      expect(await exists(join(home, 'passphrase'))).toBe(false);
    });
  });

  test('are left to the hospital whose topology names where they lie', async () => {
    await inFolder(async (folder) => {
      const named = two.replace(
        birch,
        '  - { id: birch, name: Birch, passphrases: { custodian: { file: /media/birch/passphrase } } }\n',
      );
      const up = await bringing(folder, named);
      const home = (kind: string) => join(folder, 'state', 'hospitals', 'birch', kind);
      await put(join(home('custodian'), 'shares', '1-cer_AAAAAAAAAAAAAAAAAAAAAA.sealed'));
      await prepareDoor(up, 'custodian');
      await prepareDoor(up, 'gateway');
      expect(await exists(join(home('custodian'), 'passphrase'))).toBe(false);
      expect(await exists(join(home('gateway'), 'passphrase'))).toBe(true);
    });
  });
});
