// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

/**
 * Names a running process so that a later process with the same number is not mistaken for it:
 * `pid` or, where the system tells it, `pid:start-time`. Undefined when there is no such process.
 */
export function processIdentity(pid: number): string | undefined {
  if (!canSignal(pid)) return undefined;
  const started = startTime(pid);
  return started === undefined ? String(pid) : `${pid}:${started}`;
}

/** Tells whether the process named by {@link processIdentity} still runs. */
export function isAlive(identity: string): boolean {
  const pid = pidOf(identity);
  return pid !== undefined && processIdentity(pid) === identity;
}

/** Returns the process number in an identity, or undefined when it holds none. */
export function pidOf(identity: string): number | undefined {
  const pid = Number.parseInt(identity, 10);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
}

/** Sends a signal to the process if it is still the same one; answers whether it was sent. */
export function signal(identity: string, name: NodeJS.Signals): boolean {
  const pid = pidOf(identity);
  if (pid === undefined || !isAlive(identity)) return false;
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

function canSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Reads the start time in clock ticks (proc(5), field 22); a zombie counts as gone. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'gone' : fields[19];
  } catch {
    return undefined;
  }
}
