// SPDX-License-Identifier: Apache-2.0
import { LeftOut, type Evidence, type Step } from './step.js';
import type { Story } from './story.js';

/** How one step went. */
export type Outcome = Readonly<{
  step: string;
  ok: boolean;
  /** The step could not be told now, and has changed nothing; the evidence has the reason. */
  leftOut?: true;
  /** Wall time in milliseconds. */
  ms: number;
  evidence: Evidence;
}>;

/** A step that takes longer says so this often, in milliseconds. */
const WAIT_MS = 30_000;

/** Where a telling is shown: each step as it ends, and that one takes its time. */
export interface Listener {
  readonly ended: (outcome: Outcome, step: Step) => void;
  readonly waiting: (step: Step, seconds: number) => void;
}

/** For people: a sentence and the evidence of each step. */
export function forPeople(print: (line: string) => void): Listener {
  return {
    ended: ({ step, ok, leftOut, ms, evidence }, { tells }) => {
      print(`${markOf(ok, leftOut)} ${step}  ${ms} ms\n    ${tells}`);
      for (const [name, value] of Object.entries(evidence))
        print(`    ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
    },
    waiting: ({ name, tells }, seconds) => {
      print(`… ${name}, for ${seconds} s: ${tells}`);
    },
  };
}

function markOf(ok: boolean, leftOut = false): string {
  if (leftOut) return '–';
  return ok ? '✓' : '✗';
}

/** How many steps hold, and how many were left out. */
export function summary(outcomes: readonly Outcome[]): string {
  const held = outcomes.filter(({ ok }) => ok).length;
  const left = outcomes.filter(({ leftOut }) => leftOut === true).length;
  return `\n${held} of ${outcomes.length} steps hold${left === 0 ? '' : `, ${left} left out`}.`;
}

/** Why steps failed or were left out, a line for each. */
export function reasons(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes
    .filter(({ ok }) => !ok)
    .map(
      ({ step, leftOut, evidence }) =>
        `${step} ${leftOut === true ? 'is left out' : 'failed'}: ${String(evidence['reason'] ?? evidence['error'])}`,
    );
}

/** For machines: one JSON object a line for each step that has ended, with the sentence that people are told. */
export function forMachines(print: (line: string) => void): Listener {
  return {
    ended: ({ step, ...outcome }, { tells }) => {
      print(JSON.stringify({ step, says: tells, ...outcome }));
    },
    waiting: () => undefined,
  };
}

/** Runs the steps in order and reports each as it ends; a step that fails does not keep the next from being tried. */
export async function tell(
  story: Story,
  steps: readonly Step[],
  { ended, waiting }: Listener,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const step of steps) {
    let waits = 0;
    const timer = setInterval(() => {
      waits += 1;
      waiting(step, (waits * WAIT_MS) / 1_000);
    }, WAIT_MS);
    const outcome = await attempt(story, step);
    clearInterval(timer);
    ended(outcome, step);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function attempt(story: Story, { name, run }: Step): Promise<Outcome> {
  const started = performance.now();
  const elapsed = () => Math.round(performance.now() - started);
  return run(story).then(
    (evidence) => ({ step: name, ok: true, ms: elapsed(), evidence }),
    (error: unknown) =>
      error instanceof LeftOut
        ? { step: name, ok: false, leftOut: true, ms: elapsed(), evidence: { reason: error.message } }
        : { step: name, ok: false, ms: elapsed(), evidence: failure(error) },
  );
}

function failure(error: unknown): Evidence {
  if (!(error instanceof Error)) return { error: String(error) };
  const cause = error.cause instanceof Error ? { cause: error.cause.message } : {};
  return { error: error.message, ...cause };
}
