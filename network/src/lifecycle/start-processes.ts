// SPDX-License-Identifier: Apache-2.0
import { GroundError } from '../errors.js';
import type { ProcessKind, ProcessSpec } from '../plan/process-spec.js';
import { lastLines } from '../process/log-file.js';
import { lastReason } from '../process/last-reason.js';
import { probe } from '../process/readiness.js';
import type { ProcessRunner } from '../process/process-runner.js';
import type { SupervisedProcess } from '../process/supervisor.js';
import { specs, type Bringing } from './context.js';

const probeTimeoutMs = 2_000;
const intervalMs = 100;
const toleratedRestarts = 3;
const shownLogLines = 12;

/** What starting the processes of one kind needs beyond their descriptions. */
export interface Starting {
  /** By hospital, the SHA-256 of what a process reads once, at its start; see {@link ProcessSpec}. */
  readonly startsFrom: Readonly<Record<string, string>>;
  /**
   * Waits until a process that was restarted has its place among the others again. Where it matters, all start one
   * after another.
   */
  readonly settled?: (hospital: string) => Promise<void>;
}

/**
 * Starts the processes of one kind at all hospitals and waits until each answers. Those that run with another
 * description are restarted after the rest, one at a time, so that the others keep working.
 */
export async function startKind(
  { runner, ...bringing }: Bringing,
  kind: ProcessKind,
  starting?: Starting,
): Promise<void> {
  const all = specs({ runner, ...bringing }, kind).map((spec) => describedBy(spec, starting));
  const running = await runner.list();
  const changed = all.filter((spec) => running.some((each) => differs(each, spec)));
  const others = all.filter((spec) => !changed.includes(spec));
  for (const spec of others) {
    await runner.ensure(spec);
    if (starting?.settled !== undefined) await waitUntilReady(spec, runner);
  }
  await Promise.all(others.map((spec) => waitUntilReady(spec, runner)));
  for (const spec of changed) {
    await runner.ensure(spec);
    await waitUntilReady(spec, runner);
    await starting?.settled?.(spec.hospital);
  }
}

function describedBy(spec: ProcessSpec, starting: Starting | undefined): ProcessSpec {
  const digest = starting?.startsFrom[spec.hospital];
  return digest === undefined ? spec : { ...spec, startsFrom: digest };
}

function differs({ spec, state }: SupervisedProcess, desired: ProcessSpec): boolean {
  return (
    spec.name === desired.name && state !== 'stopped' && JSON.stringify(spec) !== JSON.stringify(desired)
  );
}

/**
 * Waits until a process answers that it is ready.
 * @throws GroundError PROCESS_NOT_READY with the reason that it wrote when it keeps ending, or with the end of its log at the deadline.
 */
export async function waitUntilReady(spec: ProcessSpec, runner: ProcessRunner): Promise<void> {
  const before = await restartsOf(spec, runner);
  const deadline = performance.now() + spec.readyTimeoutMs;
  for (let round = 0; ; round += 1) {
    const { ready, detail } = await probe(spec.readiness, probeTimeoutMs);
    if (ready) return;
    const lately = round % 10 === 9 ? await restartsOf(spec, runner) : before;
    if (lately - before >= toleratedRestarts) throw endsAgain(spec);
    if (performance.now() > deadline) throw withLog(spec, detail);
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

async function restartsOf(spec: ProcessSpec, runner: ProcessRunner): Promise<number> {
  const found = (await runner.list()).find((each) => each.spec.name === spec.name);
  return found?.restarts ?? 0;
}

function endsAgain(spec: ProcessSpec): GroundError {
  const reason = lastReason(spec.logFile);
  const why = 'it keeps ending';
  return reason === undefined ? withLog(spec, why) : notReady(spec, `${why}: ${reason}`);
}

function withLog(spec: ProcessSpec, why: string): GroundError {
  return notReady(spec, `${why}.\n${lastLines(spec.logFile, shownLogLines).join('\n')}`);
}

function notReady(spec: ProcessSpec, why: string): GroundError {
  return new GroundError('PROCESS_NOT_READY', `${spec.name} is not ready: ${why}`, {
    advice: `Read ${spec.logFile}, or run \`tutela doctor\`; then run \`tutela up\` again: it continues where it stopped.`,
  });
}
