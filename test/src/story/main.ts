// SPDX-License-Identifier: Apache-2.0
// Tells the story on a running consortium: `node test/dist/story/main.js [--json] [--only step,step]`.
import { parseArgs } from 'node:util';
import { complain, exitCodeOf, playAlone, stateDir } from '@tutela/network';
import { Consortium } from '../support/consortium.js';
import type { Step } from './step.js';
import { STEPS } from './steps.js';
import { Story } from './story.js';
import { forMachines, forPeople, reasons, summary, tell } from './tell.js';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, only: { type: 'string' } },
});

const steps = chosen(values.only);
const state = stateDir(undefined, process.env);
try {
  await playAlone(state, play);
} catch (error) {
  complain(error, values.json);
  process.exitCode = exitCodeOf(error);
}

async function play(): Promise<void> {
  const consortium = await Consortium.open(state);
  const listener = values.json ? forMachines(print) : forPeople(print);
  const outcomes = await tell(new Story(consortium), steps, listener);
  await consortium.close();
  const failed = outcomes.filter(({ ok, leftOut }) => !ok && leftOut !== true);
  if (values.json) for (const reason of reasons(outcomes)) process.stderr.write(`${reason}\n`);
  else print(summary(outcomes));
  process.exitCode = failed.length === 0 ? 0 : 1;
}

function chosen(only: string | undefined): readonly Step[] {
  if (only === undefined) return STEPS;
  const names = only.split(',').map((name) => name.trim());
  const known = STEPS.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return STEPS.filter(({ name }) => names.includes(name));
  process.stderr.write(`The story has no step ${unknown.join(', ')}. Its steps: ${known.join(', ')}.\n`);
  process.exit(2);
}

// Whoever stops reading does not stop the story, which starts again what it has stopped.
process.stdout.on('error', () => undefined);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
