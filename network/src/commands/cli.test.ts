// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { tutela } from './program.js';
import { table } from './output.js';
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
