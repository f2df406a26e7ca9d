// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { tutela } from './program.js';
import { endWithReader, table } from './output.js';
import { shellQuoted } from '../process/shell.js';

describe('the command', () => {
  test('explains itself and every part of it', () => {
    const program = tutela();
    const names = program.commands.map((command) => command.name());
    expect(names).toEqual(
      expect.arrayContaining([
        'start',
        'up',
        'down',
        'status',
        'logs',
        'doctor',
        'reset',
        'story',
        'env',
        'client',
        'token',
        'custody',
        'hospital',
        'crl',
      ]),
    );
    for (const command of program.commands)
      expect([command.name(), command.description()]).not.toEqual([command.name(), '']);
    const custody = program.commands.find((command) => command.name() === 'custody');
    expect(custody?.commands.map((command) => command.name())).toEqual([
      'status',
      'ceremony',
      'refresh',
      'reshare',
      'approve',
      'abort',
      'reconcile',
      'degraded',
      'fork',
      'backup',
      'restore',
    ]);
  });

  test('offers JSON to machines everywhere', () => {
    for (const command of tutela().commands) {
      expect([command.name(), command.options.some(({ long }) => long === '--json')]).toEqual([
        command.name(),
        true,
      ]);
    }
  });
});

describe('output', () => {
  test('ends the command quietly when its reader closes the pipe, and throws any other error', () => {
    const stream = new EventEmitter();
    let ended = 0;
    endWithReader(stream, () => (ended += 1));
    stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(ended).toBe(1);
    expect(() => stream.emit('error', Object.assign(new Error('disk full'), { code: 'ENOSPC' }))).toThrow(
      'disk full',
    );
    expect(ended).toBe(1);
  });

  test('lines columns up', () => {
    expect(
      table([
        ['A', 'LONG'],
        ['longer', 'x'],
        ['y', ''],
      ]),
    ).toBe('A       LONG\nlonger  x\ny');
  });

  test('quotes for a shell so that the shell sees exactly the value', () => {
    for (const value of ['plain', 'two words', "it's", '$(touch x) `y` "z" \\', '']) {
      expect(execFileSync('/bin/sh', ['-c', `printf %s ${shellQuoted(value)}`], { encoding: 'utf8' })).toBe(
        value,
      );
    }
  });
});
