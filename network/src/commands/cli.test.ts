// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { CommanderError } from 'commander';
import { GroundError } from '../errors.js';
import { layoutState } from '../plan/layout.js';
import { inFolder } from '../testing/sleeper.js';
import { knownHospital } from './globals.js';
import { tutela } from './program.js';
import { whatIsLeft } from './reset.js';
import { endWithReader, exitCodeOf, table } from './output.js';
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

describe('reset', () => {
  test('it says that the folder is empty only when it is, and else names what it left', () => {
    expect(whatIsLeft('/s', [])).toBe('/s is empty.');
    expect(whatIsLeft('/s', ['test-e2e', 'ops'])).toBe(
      'The consortium in /s is deleted. Not part of it, and left there: ops, test-e2e.',
    );
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

describe('a mistake of the command line', () => {
  const thrownBy = async (...words: readonly string[]): Promise<unknown> => {
    const program = tutela();
    const quiet = { writeErr: () => undefined };
    for (const each of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)])
      each.configureOutput(quiet).showHelpAfterError(false);
    return program.parseAsync(['node', 'tutela', ...words]).catch((error: unknown) => error);
  };

  test('its exit code is 2, whether the parser or the command finds it; that of another failure is 1, of help 0', () => {
    expect(exitCodeOf(new CommanderError(1, 'commander.unknownOption', 'x'))).toBe(2);
    expect(exitCodeOf(new GroundError('USAGE', 'x'))).toBe(2);
    expect(exitCodeOf(new GroundError('NOT_RUNNING', 'x'))).toBe(1);
    expect(exitCodeOf(new Error('x'))).toBe(1);
    expect(exitCodeOf(new CommanderError(0, 'commander.helpDisplayed', 'x'))).toBe(0);
  });

  test('a form that cannot be rendered: those that can, are listed; the version is printed and no mistake', async () => {
    const rendered = await thrownBy('render', 'foo');
    expect(rendered).toMatchObject({ message: expect.stringContaining('compose') });
    expect(exitCodeOf(rendered)).toBe(2);
    const out: string[] = [];
    const program = tutela().configureOutput({ writeOut: (text) => out.push(text) });
    const version = await program
      .parseAsync(['node', 'tutela', '--version'])
      .catch((error: unknown) => error);
    expect([exitCodeOf(version), out.join('')]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });

  test('a hospital that is not there: the hospitals are listed', () => {
    const hospital = { id: 'alder', name: 'Alder', mspId: 'AlderMSP', orderer: true, blocksFrom: 'alder' };
    const topology = { hospitals: [hospital] } as unknown as Parameters<typeof knownHospital>[0]['topology'];
    expect(knownHospital({ topology }, 'alder')).toBe(hospital);
    expect(() => knownHospital({ topology }, 'nowhere')).toThrow(
      expect.objectContaining({ code: 'USAGE', advice: 'The hospitals are alder.' }),
    );
  });

  test('logs of a hospital or a kind that is not there: both are listed', async () => {
    await inFolder(async (folder) => {
      await writeFile(
        layoutState(folder).topologyFile,
        'hospitals:\n  - { id: alder, name: Alder }\n  - { id: birch, name: Birch }\n',
      );
      await writeFile(layoutState(folder).portsFile, JSON.stringify({ base: 7100 }));
      const nowhere = await thrownBy('logs', 'nowhere', '-s', folder);
      expect(nowhere).toMatchObject({ code: 'USAGE', advice: 'The hospitals are alder, birch.' });
      const pear = await thrownBy('logs', 'alder', 'pear', '-s', folder);
      expect(pear).toMatchObject({ message: expect.stringContaining('ca, orderer, peer') });
      expect(exitCodeOf(pear)).toBe(2);
    });
  });

  test('a role or a scope that is not there: those that are, are listed', async () => {
    const asked = ['practitioner', 'add', 'alder', '--department', 'x', '--role', 'wizard'];
    expect(await thrownBy(...asked)).toMatchObject({ message: expect.stringContaining('physician, nurse') });
    expect(await thrownBy('client', 'add', 'alder', 'x', '--scopes', 'all')).toMatchObject({
      message: expect.stringContaining('records.read'),
    });
  });
});
