// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessSpec } from '../plan/process-spec.js';

/** Runs the work with a folder of its own, which is removed afterwards. */
export async function inFolder<T>(work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tutela-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A process that runs a few lines of JavaScript, for tests of whatever keeps processes running. */
export function scriptSpec(
  folder: string,
  script: string,
  overrides: Partial<ProcessSpec> = {},
): ProcessSpec {
  return {
    name: 'alder/peer',
    hospital: 'alder',
    kind: 'peer',
    address: 'localhost:1',
    command: process.execPath,
    args: ['-e', script],
    env: {},
    cwd: folder,
    logFile: join(folder, 'peer.log'),
    dependsOn: [],
    staleSockets: [],
    readiness: { kind: 'socket', socketPath: join(folder, 'peer.sock'), method: 'GET', path: '/healthz' },
    readyTimeoutMs: 5_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 1_000,
    ...overrides,
  };
}

/** Waits until the condition holds. @throws Error after ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('the condition did not come true');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
