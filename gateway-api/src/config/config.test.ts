// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseConfig } from './config.js';
import { ENVIRONMENT_NAMES } from './env.js';
import { loadSecrets } from './secrets.js';

const example = async () => parseEnv(await readFile(new URL('../../example.env', import.meta.url), 'utf8'));

describe('the environment', () => {
  test('example.env lists exactly the names that the gateway reads, and parses', async () => {
    const variables = await example();
    expect(Object.keys(variables).sort()).toEqual([...ENVIRONMENT_NAMES].sort());
    const config = parseConfig(variables);
    expect(config.listen).toEqual({ host: 'localhost', port: 8443 });
    expect(config.operatorSocket).toBe('/var/lib/tutela/alder/gateway/operator.sock');
  });

  test('every fault is named at once, and no value is repeated', async () => {
    const variables = {
      ...(await example()),
      TUTELA_GATEWAY_MSP_ID: '../x',
      TUTELA_GATEWAY_LISTEN: 'secret',
    };
    const parse = () => parseConfig({ ...variables, TUTELA_GATEWAY_CHANNEL: '' });
    expect(parse).toThrow(/TUTELA_GATEWAY_LISTEN.*TUTELA_GATEWAY_CHANNEL/);
    expect(parse).not.toThrow(/secret/);
  });

  test('a public address that is no https origin is refused', async () => {
    const variables = await example();
    for (const url of ['http://localhost:1', 'https://localhost:1/path', 'file:///x'])
      expect(() => parseConfig({ ...variables, TUTELA_GATEWAY_PUBLIC_URL: url })).toThrow(/PUBLIC_URL/);
  });
});

describe('attack 23: secrets on disk', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tutela-config-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('a key that others may read stops the start, and the same key at 0600 does not', async () => {
    const file = join(folder, 'material');
    await writeFile(file, 'user:password\n', { mode: 0o644 });
    const variables = await example();
    const files = Object.keys(variables).filter((name) => name.endsWith('_FILE'));
    const config = parseConfig({ ...variables, ...Object.fromEntries(files.map((name) => [name, file])) });
    await expect(loadSecrets(config)).rejects.toThrow('may be read by others');
    await chmod(file, 0o600);
    await expect(loadSecrets(config)).resolves.toMatchObject({
      clusterCredentials: { user: 'user', password: 'password' },
      passphrase: 'user:password',
    });
  });

  test('a passphrase from a command; a command that fails stops the start, and its output appears nowhere', async () => {
    const file = join(folder, 'material');
    await writeFile(file, 'user:password\n', { mode: 0o600 });
    const variables = await example();
    const files = Object.keys(variables).filter((name) => name.endsWith('_FILE'));
    const found = { ...variables, ...Object.fromEntries(files.map((name) => [name, file])) };
    const printing = (script: string) =>
      parseConfig({
        ...found,
        TUTELA_GATEWAY_PASSPHRASE_FILE: '',
        TUTELA_GATEWAY_PASSPHRASE_COMMAND: JSON.stringify([process.execPath, '-e', script]),
      });
    const secrets = await loadSecrets(printing('console.log("from $HOME")'));
    expect(secrets.passphrase).toBe('from $HOME');
    const failing = loadSecrets(printing('console.error("secret"); process.exit(1)'));
    await expect(failing).rejects.toThrow(/^the command for the passphrase failed or printed nothing$/);
    expect(() => parseConfig({ ...found, TUTELA_GATEWAY_PASSPHRASE_COMMAND: '["true"]' })).toThrow(
      /PASSPHRASE_FILE or/,
    );
  });
});
