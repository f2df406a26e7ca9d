// SPDX-License-Identifier: Apache-2.0
import type { EventEmitter } from 'node:events';
import { CommanderError } from 'commander';
import { GroundError, messageOf } from '../errors.js';

/** Ends the command when whoever reads its output stops reading, as `head` does. */
export function endWithReader(stream: EventEmitter, end: () => void): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    end();
  });
}

/** Prints one line for people. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints one JSON value on a line, for machines. */
export function sayJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Lines up columns of text; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const usageExitCode = 2;

/** The exit code of a command that ended with this error: 2 for a mistake of its command line, 0 where it printed its help. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExitCode;
  return error instanceof GroundError && error.code === 'USAGE' ? usageExitCode : 1;
}

/** Tells a failure, with what can be done about it. */
export function complain(error: unknown, json: boolean): void {
  const known = error instanceof GroundError ? error : undefined;
  const code = known?.code ?? 'UNEXPECTED';
  const message = known?.message ?? messageOf(error);
  if (json) {
    process.stderr.write(`${JSON.stringify({ error: { code, message, advice: known?.advice } })}\n`);
    return;
  }
  process.stderr.write(`tutela: ${code}: ${message}\n`);
  if (known?.advice !== undefined) process.stderr.write(`  ${known.advice}\n`);
  if (known === undefined && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
}
