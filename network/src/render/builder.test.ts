// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inFolder } from '../testing/sleeper.js';

const builder = fileURLToPath(new URL('../../builder/bin/', import.meta.url));

function run(name: string, args: readonly string[], env: Record<string, string> = {}): number | null {
  return spawnSync(`${builder}${name}`, [...args], { env: { PATH: '/usr/bin:/bin', ...env } }).status;
}

describe('the peer’s builder', () => {
  test('takes packages of its type and no others', async () => {
    await inFolder((folder) => {
      writeFileSync(join(folder, 'metadata.json'), '{"type":"ccaas","label":"tutela"}');
      expect(run('detect', [folder, folder])).toBe(0);
      writeFileSync(join(folder, 'metadata.json'), '{"type":"golang","label":"ccaas"}');
      expect(run('detect', [folder, folder])).not.toBe(0);
    });
  });

  test('tells the peer where its own server is, in a private file', async () => {
    await inFolder((folder) => {
      const [source, output, release] = ['source', 'output', 'release'].map((name) => join(folder, name));
      for (const path of [source, output, release]) mkdirSync(path ?? '');
      writeFileSync(join(source ?? '', 'release.json'), '{}');
      const connection = join(folder, 'connection.json');
      writeFileSync(connection, '{"address":"localhost:1"}');
      expect(run('build', [source ?? '', folder, output ?? ''])).toBe(0);
      expect(run('release', [output ?? '', release ?? ''])).not.toBe(0);
      expect(
        run('release', [output ?? '', release ?? ''], { TUTELA_CHAINCODE_CONNECTION_FILE: connection }),
      ).toBe(0);
      const written = join(release ?? '', 'chaincode', 'server', 'connection.json');
      expect(readFileSync(written, 'utf8')).toBe('{"address":"localhost:1"}');
      expect(statSync(join(release ?? '', 'chaincode')).mode & 0o777).toBe(0o700);
    });
  });
});
