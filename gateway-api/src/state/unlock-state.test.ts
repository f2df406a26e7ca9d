// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { sealAtRest, systemRandom, utf8 } from '@tutela/crypto';
import { ConfigError } from '../config/config.js';
import { openState } from './open-state.js';
import { unlockState } from './unlock-state.js';

const passphraseName = 'the passphrase in /media/gateway-passphrase';
const hex = (keys: object): readonly string[] =>
  Object.values(keys).map((key: Uint8Array) => Buffer.from(key).toString('hex'));

describe('a gateway’s keys', () => {
  test('a gateway’s keys are one for each use, and the same at each start', () => {
    const state = openState(':memory:');
    const first = unlockState(state, { passphrase: 'correct horse', passphraseName }, systemRandom);
    expect(new Set(hex(first)).size).toBe(3);
    expect(hex(unlockState(state, { passphrase: 'correct horse', passphraseName }, systemRandom))).toEqual(
      hex(first),
    );
  });

  test('are not had with another passphrase, and the refusal names where it lies and what it does not open', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tutela-state-'));
    const file = join(folder, 'state.db');
    const state = openState(file);
    unlockState(state, { passphrase: 'correct horse', passphraseName }, systemRandom);
    const wrong = (): unknown =>
      unlockState(state, { passphrase: 'wrong horse', passphraseName }, systemRandom);
    expect(wrong).toThrow(
      new ConfigError(`the passphrase in /media/gateway-passphrase does not open ${file}`),
    );
    state.close();
    await rm(folder, { recursive: true });
  });

  test('of a state from before they were derived are the one master key, so that it still opens', () => {
    const state = openState(':memory:');
    const master = systemRandom(32);
    const sealed = sealAtRest({ passphrase: 'correct horse' }, master, utf8('gateway-master-key'));
    state.exec('CREATE TABLE master_key (id INTEGER PRIMARY KEY, sealed BLOB NOT NULL)');
    state.prepare('INSERT INTO master_key (id, sealed) VALUES (1, ?)').run(sealed);
    const keys = unlockState(state, { passphrase: 'correct horse', passphraseName }, systemRandom);
    expect(hex(keys)).toEqual(Array(3).fill(Buffer.from(master).toString('hex')));
  });
});
