// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { lastReason } from './last-reason.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reason-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function reasonOf(...lines: readonly string[]): Promise<string | undefined> {
  const file = join(folder, 'log');
  await writeFile(file, `${lines.join('\n')}\n`);
  return lastReason(file);
}

const thrown = (headline: string): readonly string[] => [
  'file:///product/compose.js:118',
  '        throw new Error(`[BAD_CONFIG] ${cause.message}`);',
  '              ^',
  '',
  headline,
  '    at required (file:///product/compose.js:118:15) {',
  '  [cause]: SecretError: something else',
  '}',
  '',
  'Node.js v24.21.0',
];

describe('the reason that a process wrote before it ended', () => {
  test('is the last error that it printed, without stack and cause', async () => {
    const earlier = thrown('Error: [BAD_CONFIG] /media/p is empty');
    const last = thrown('Error: [BAD_CONFIG] /media/p may be read by others: chmod 600 it');
    expect(await reasonOf(...earlier, ...last)).toBe(
      '[BAD_CONFIG] /media/p may be read by others: chmod 600 it',
    );
  });

  test('keeps the name of an error that has one of its own', async () => {
    const headline = 'CryptoError: the passphrase in /media/p does not open /state/share';
    expect(await reasonOf(...thrown(headline))).toBe(headline);
  });

  test('is the last line of level error in a JSON log, with the code of the thrown error', async () => {
    const causes = [{ name: 'ConfigError', code: 'CONFIG_INVALID', frames: ['at x (y:1:1)'] }];
    const line = { level: 50, name: 'gateway', err: { causes }, msg: '/media/p is empty' };
    const later = { level: 30, name: 'gateway', msg: 'the gateway is closed' };
    expect(await reasonOf(JSON.stringify(line), JSON.stringify(later))).toBe(
      '[CONFIG_INVALID] /media/p is empty',
    );
  });

  test('is undefined when the log has none', async () => {
    expect(await reasonOf('{"level":30,"msg":"ready"}', '{"level":50,', 'listening')).toBeUndefined();
    expect(lastReason(join(folder, 'none'))).toBeUndefined();
  });
});
