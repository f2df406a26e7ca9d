// SPDX-License-Identifier: Apache-2.0
import type { ProcessSpec } from '../plan/process-spec.js';

/** What is executed for a process. */
export type Launch = Pick<ProcessSpec, 'command' | 'args'>;

/**
 * Says what to execute. In a network namespace that is `nsenter`, which replaces itself by the program,
 * so that the process keeps its number, its parent and its signals.
 */
export function launch({ args, command, networkNamespace }: Launch & { networkNamespace?: string }): Launch {
  if (networkNamespace === undefined) return { command, args };
  return { command: 'nsenter', args: [`--net=${networkNamespace}`, '--', command, ...args] };
}
