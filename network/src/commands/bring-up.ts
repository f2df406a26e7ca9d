// SPDX-License-Identifier: Apache-2.0
import { Listr } from 'listr2';
import { planUp, type UpOptions, type UpStep } from '../lifecycle/up.js';
import type { ConsortiumProfile } from '../plan/profile.js';
import { say, sayJson } from './output.js';

/** Where lines of progress go; which of the three shows them is known only once the steps run. */
interface ProgressSink {
  show: (line: string) => void;
}

/** Brings the consortium up while showing each step: a list that changes on a terminal, plain lines elsewhere, JSON for machines. */
export async function bringUp(options: UpOptions, json: boolean): Promise<ConsortiumProfile> {
  const sink: ProgressSink = { show: () => undefined };
  const plan = planUp({
    ...options,
    onProgress: (line) => {
      sink.show(line);
    },
  });
  if (json) await runSilently(plan.steps);
  else if (process.stdout.isTTY) await runAsList(plan.steps, sink);
  else await runAsLines(plan.steps, sink);
  return plan.profile();
}

async function runSilently(steps: readonly UpStep[]): Promise<void> {
  for (const step of steps) sayJson({ step: step.title, ms: await timed(step) });
}

async function runAsLines(steps: readonly UpStep[], sink: ProgressSink): Promise<void> {
  sink.show = (line) => {
    say(`  ${line}`);
  };
  for (const step of steps) say(`${step.title}: ${((await timed(step)) / 1000).toFixed(1)} s`);
}

async function runAsList(steps: readonly UpStep[], sink: ProgressSink): Promise<void> {
  const tasks = steps.map((step) => ({
    title: step.title,
    task: async (_: unknown, task: { title: string | undefined; output: string }) => {
      sink.show = (line) => {
        task.output = line;
      };
      task.title = `${step.title} (${((await timed(step)) / 1000).toFixed(1)} s)`;
    },
  }));
  await new Listr(tasks).run();
}

async function timed({ run }: UpStep): Promise<number> {
  const startedMs = performance.now();
  await run();
  return Math.round(performance.now() - startedMs);
}
