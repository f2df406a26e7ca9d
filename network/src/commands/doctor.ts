// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { examine } from '../lifecycle/doctor.js';
import { globals } from './globals.js';
import { say, sayJson } from './output.js';

const marks = { ok: 'ok     ', warning: 'warning', problem: 'PROBLEM' } as const;

/** `tutela doctor`: what is wrong, and what to do about it. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'check the machine, the state and the running consortium; exit code 3 when a problem is found',
    )
    .action(async (_: unknown, command: Command) => {
      const { json, state } = globals(command);
      const findings = await examine(state, process.env);
      if (json) sayJson(findings);
      else {
        for (const { advice, level, message, subject } of findings) {
          say(`${marks[level]}  ${subject}: ${message}`);
          if (advice !== undefined) say(`         ${advice}`);
        }
      }
      if (findings.some(({ level }) => level === 'problem')) process.exitCode = 3;
    });
}
