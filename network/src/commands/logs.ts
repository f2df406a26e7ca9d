// SPDX-License-Identifier: Apache-2.0
import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { Argument, InvalidArgumentError, type Command } from 'commander';
import { openState } from '../lifecycle/state.js';
import { processKinds } from '../plan/process-spec.js';
import { lastLines } from '../process/log-file.js';
import { globals, knownHospital } from './globals.js';
import { say } from './output.js';

interface LogFlags {
  readonly follow?: boolean;
  readonly lines: number;
}

interface LogSource {
  readonly label: string;
  readonly path: string;
}

const pollMs = 500;
const mostLines = 10_000;

/** `tutela logs`: the ends of the processes' logs, and what is added to them. */
export function addLogs(program: Command): void {
  program
    .command('logs')
    .description('show the logs of all processes, of one hospital, or of one process')
    .argument('[hospital]')
    .addArgument(new Argument('[kind]').choices(processKinds))
    .option('-f, --follow', 'keep printing new lines')
    .option('-n, --lines <count>', 'how many lines of each log', parseCount, 20)
    .action(
      async (hospital: string | undefined, kind: string | undefined, flags: LogFlags, command: Command) => {
        const { layout, topology } = await openState(globals(command).state);
        if (hospital !== undefined) knownHospital({ topology }, hospital);
        const sources = topology.hospitals.flatMap(({ id }) =>
          processKinds.map((each) => ({ id, each, path: join(layout.hospital(id).logs, `${each}.log`) })),
        );
        const chosen = sources
          .filter(
            ({ each, id }) =>
              (hospital === undefined || id === hospital) && (kind === undefined || each === kind),
          )
          .map(({ each, id, path }) => ({ label: `${id}/${each}`, path }));
        for (const source of [
          ...chosen,
          ...(hospital === undefined ? [{ label: 'supervisor', path: layout.supervisorLog }] : []),
        ]) {
          for (const line of lastLines(source.path, flags.lines)) say(`${source.label} | ${line}`);
        }
        if (flags.follow === true) await follow(chosen);
      },
    );
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 0 || count > mostLines)
    throw new InvalidArgumentError(`0 to ${mostLines}`);
  return count;
}

/** Polls the logs' sizes until the command is interrupted. */
async function follow(sources: readonly LogSource[]): Promise<void> {
  const seen = new Map(sources.map(({ path }) => [path, sizeOf(path)]));
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, pollMs));
    for (const { label, path } of sources) {
      const before = seen.get(path) ?? 0;
      const now = sizeOf(path);
      seen.set(path, now);
      if (now <= before) continue;
      const added = createReadStream(path, { start: before, end: now - 1, encoding: 'utf8' });
      let text = '';
      for await (const chunk of added as AsyncIterable<string>) text += chunk;
      for (const line of text.trimEnd().split('\n')) say(`${label} | ${line}`);
    }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
