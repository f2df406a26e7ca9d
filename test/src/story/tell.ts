// SPDX-License-Identifier: Apache-2.0
import type { Evidence, Step } from './step.js';
import type { Story } from './story.js';

/** How one step went. */
export type Outcome = Readonly<{
  step: string;
  ok: boolean;
  /** Wall time in milliseconds. */
  ms: number;
  evidence: Evidence;
}>;

/** Runs the steps in order and reports each as it ends; a step that fails does not keep the next from being tried. */
export async function tell(
  story: Story,
  steps: readonly Step[],
  report: (outcome: Outcome, step: Step) => void,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const step of steps) {
    const outcome = await attempt(story, step);
    report(outcome, step);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function attempt(story: Story, { name, run }: Step): Promise<Outcome> {
  const started = performance.now();
  const elapsed = () => Math.round(performance.now() - started);
  return run(story).then(
    (evidence) => ({ step: name, ok: true, ms: elapsed(), evidence }),
    (error: unknown) => ({ step: name, ok: false, ms: elapsed(), evidence: failure(error) }),
  );
}

function failure(error: unknown): Evidence {
  if (!(error instanceof Error)) return { error: String(error) };
  const cause = error.cause instanceof Error ? { cause: error.cause.message } : {};
  return { error: error.message, ...cause };
}
