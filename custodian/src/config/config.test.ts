// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { configFrom, environment } from './config.js';

const example = Object.fromEntries(
  readFileSync(new URL('../../example.env', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.length > 0 && !line.startsWith('#'))
    .map((line): [string, string] => {
      const [name = '', ...value] = line.split('=');
      return [name, value.join('=')];
    }),
);

describe('configuration', () => {
  test('the example lists exactly the variables that are read', () => {
    expect(Object.keys(example).sort()).toEqual(Object.keys(environment.shape).sort());
  });

  test('the example is a configuration', () => {
    expect(configFrom(example)).toMatchObject({
      mspId: 'AlderMSP',
      listen: { host: 'localhost', port: 7301 },
      freshnessMs: 60_000,
      copiesSocket: '/var/lib/tutela/gateway/copies.sock',
    });
  });

  test('every wrong variable is named, and no value is repeated', () => {
    const wrong = { ...example, TUTELA_CUSTODIAN_URL: 'http://secret', TUTELA_CUSTODIAN_CHANNEL: undefined };
    expect(() => configFrom(wrong)).toThrow(/BAD_CONFIG.*TUTELA_CUSTODIAN_URL.*TUTELA_CUSTODIAN_CHANNEL/);
    expect(() => configFrom(wrong)).not.toThrow(/secret/);
  });

  test('the passphrase comes from a file or a command, not from both or neither', () => {
    const command = '["secret-tool","lookup","service","tutela"]';
    const asked = { ...example, TUTELA_CUSTODIAN_PASSPHRASE_COMMAND: command };
    expect(() => configFrom(asked)).toThrow('BAD_CONFIG');
    expect(() => configFrom({ ...example, TUTELA_CUSTODIAN_PASSPHRASE_FILE: '' })).toThrow('BAD_CONFIG');
    const { passphrase } = configFrom({ ...asked, TUTELA_CUSTODIAN_PASSPHRASE_FILE: undefined });
    expect(passphrase).toEqual({ command: ['secret-tool', 'lookup', 'service', 'tutela'] });
  });
});
