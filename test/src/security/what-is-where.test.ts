// SPDX-License-Identifier: Apache-2.0
import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openOnly, storeRecord } from '../support/clinic.js';
import { filesHolding } from '../support/disk-search.js';
import { smallDocument } from '../support/fixtures.js';
import { randomNonce } from '../support/random-id.js';
import { sharedStateDir } from '../support/shared-consortium.js';
import { useScene } from '../support/scene.js';

const SECRET_NAME = /(_sk|^key\.pem|\.key|passphrase|secret|credentials|password|identity\.json|sealed)$/i;

describe('what is where', () => {
  const scene = useScene();

  test('attack 21: nothing that was stored stands in the clear on any disk of any hospital, logs included', async () => {
    const { physician, patient } = scene();
    const planted = `planted-${randomNonce()}`;
    const file = smallDocument(planted);
    const { recordId } = await storeRecord(physician, patient, file, { category: 'notes' });
    expect(await openOnly(physician, { patient, recordId }).catch(() => file.bytes)).toEqual(file.bytes);
    expect(await filesHolding(sharedStateDir, [new TextEncoder().encode(planted)])).toEqual([]);
  });

  test('attack 23: every secret file is its owner’s alone, and every folder of the state is closed', async () => {
    const entries = await readdir(sharedStateDir, { withFileTypes: true, recursive: true });
    const secrets = entries
      .filter((entry) => entry.isFile() && SECRET_NAME.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
    expect(secrets.length).toBeGreaterThan(10);
    const open = await Promise.all(
      secrets.map(async (file) => [file, (await lstat(file)).mode & 0o077] as const),
    );
    expect(open.filter(([, mode]) => mode !== 0)).toEqual([]);
    expect((await lstat(sharedStateDir)).mode & 0o077).toBe(0);
  });

  test('attack 23: no secret stands in an argument of a process', async () => {
    const { consortium } = scene();
    const entries = await readdir(sharedStateDir, { withFileTypes: true, recursive: true });
    const files = entries.filter(
      (entry) =>
        entry.isFile() && /^(passphrase|credentials|cluster\.secret|swarm\.key)$/.test(basename(entry.name)),
    );
    const secrets = await Promise.all(
      files.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')),
    );
    const needles = secrets
      .map((secret) => secret.trim().split('\n').at(-1) ?? '')
      .filter((text) => text.length >= 8);
    expect(needles.length).toBeGreaterThan(3);
    const leaks: string[] = [];
    for (const { name, pid } of await consortium.processes.list()) {
      if (pid === undefined) continue;
      const seen = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      if (needles.some((needle) => seen.includes(needle))) leaks.push(name);
    }
    expect(leaks).toEqual([]);
  });
});
