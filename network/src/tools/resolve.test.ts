// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inFolder } from '../testing/sleeper.js';
import { familyDir } from './cache.js';
import { parseVersion, toolFamilies, type ToolFamily } from './catalogue.js';
import { resolveBinaries } from './resolve.js';

type Versions = Readonly<Partial<Record<ToolFamily['id'], string>>>;

const good: Versions = { fabric: '2.5.16', 'fabric-ca': '1.5.15', kubo: '0.43.0', 'ipfs-cluster': '1.1.5' };

async function install(dir: string, versions: Versions): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const family of toolFamilies) {
    const version = versions[family.id];
    if (version === undefined) continue;
    for (const tool of family.tools) {
      await writeFile(join(dir, tool), `#!/bin/sh\necho "Version: v${version}"\n`);
      await chmod(join(dir, tool), 0o700);
    }
  }
}

async function fillCache(cache: string): Promise<void> {
  for (const family of toolFamilies) await install(await familyDir(family, cache), { [family.id]: '0.0.0' });
}

describe('the programs', () => {
  test('come from the named folder first', async () => {
    await inFolder(async (folder) => {
      await install(folder, good);
      const { families, paths } = await resolveBinaries({
        compile: false,
        env: { TUTELA_BIN: folder, TUTELA_CACHE: join(folder, 'c') },
      });
      expect(families.map(({ id, origin }) => [id, origin])).toEqual(
        toolFamilies.map(({ id }) => [id, 'folder']),
      );
      expect(paths['peer']).toBe(join(folder, 'peer'));
      expect(families[0]?.version).toEqual({ major: 2, minor: 5, patch: 16 });
    });
  });

  test('in the named folder must be of a version that works', async () => {
    await inFolder(async (folder) => {
      await install(folder, { ...good, fabric: '2.4.9' });
      const refused = resolveBinaries({
        compile: false,
        env: { TUTELA_BIN: folder, TUTELA_CACHE: join(folder, 'c') },
      });
      await expect(refused).rejects.toMatchObject({ code: 'TOOLS_INCOMPATIBLE' });
    });
  });

  test('on PATH are used when their version works, and passed over when it does not', async () => {
    await inFolder(async (folder) => {
      const cache = join(folder, 'cache');
      await fillCache(cache);
      await install(join(folder, 'bin'), { ...good, kubo: '0.42.0' });
      const { families } = await resolveBinaries({
        compile: false,
        env: { PATH: join(folder, 'bin'), TUTELA_CACHE: cache },
      });
      expect(Object.fromEntries(families.map(({ id, origin }) => [id, origin]))).toEqual({
        fabric: 'path',
        'fabric-ca': 'path',
        kubo: 'cache',
        'ipfs-cluster': 'path',
      });
    });
  });

  test('that are nowhere are named, with what to do', async () => {
    await inFolder(async (folder) => {
      const missing = resolveBinaries({ compile: false, env: { PATH: '', TUTELA_CACHE: folder } });
      await expect(missing).rejects.toMatchObject({
        code: 'TOOLS_MISSING',
        message: expect.stringContaining('Hyperledger Fabric'),
      });
    });
  });
});

describe('versions', () => {
  test.each([
    ['Version: v2.5.9\n Commit SHA: 7c38762', { major: 2, minor: 5, patch: 9 }],
    ['0.43.1\n', { major: 0, minor: 43, patch: 1 }],
    ['ipfs-cluster-service version 1.1.6+git', { major: 1, minor: 1, patch: 6 }],
    ['Version: latest', undefined],
  ])('are read from %j', (text, version) => {
    expect(parseVersion(text)).toEqual(version);
  });

  test.each([
    ['fabric', '2.5.8', false],
    ['fabric', '2.5.9', true],
    ['fabric', '2.6.0', false],
    ['fabric', '3.1.0', true],
    ['fabric-ca', '1.4.9', false],
    ['kubo', '0.44.0', false],
    ['ipfs-cluster', '1.2.0', false],
  ])('of %s %s: accepted is %s', (id, text, accepted) => {
    const family = toolFamilies.find((each) => each.id === id);
    const version = parseVersion(text);
    if (family === undefined || version === undefined) throw new Error('unknown family');
    expect(family.accepts(version)).toBe(accepted);
  });
});
