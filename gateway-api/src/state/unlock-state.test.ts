// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { sealAtRest, systemRandom, utf8 } from '@tutela/crypto';
import { openState } from './open-state.js';
import { unlockState } from './unlock-state.js';

const hex = (keys: object): readonly string[] =>
  Object.values(keys).map((key: Uint8Array) => Buffer.from(key).toString('hex'));

describe('a gateway’s keys', () => {
  test('are one for each use, and the same at each start', () => {
    const state = openState(':memory:');
    const first = unlockState(state, 'correct horse', systemRandom);
    expect(new Set(hex(first)).size).toBe(3);
    expect(hex(unlockState(state, 'correct horse', systemRandom))).toEqual(hex(first));
    expect(() => unlockState(state, 'wrong horse', systemRandom)).toThrow('does not open');
  });

  test('of a state from before they were derived are the one master key, so that it still opens', () => {
    const state = openState(':memory:');
    const master = systemRandom(32);
    const sealed = sealAtRest({ passphrase: 'correct horse' }, master, utf8('gateway-master-key'));
    state.exec('CREATE TABLE master_key (id INTEGER PRIMARY KEY, sealed BLOB NOT NULL)');
    state.prepare('INSERT INTO master_key (id, sealed) VALUES (1, ?)').run(sealed);
    const keys = unlockState(state, 'correct horse', systemRandom);
    expect(hex(keys)).toEqual(Array(3).fill(Buffer.from(master).toString('hex')));
  });
});
